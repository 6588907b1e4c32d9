-- Reconciliation (对账): the gateways' statements beside our book. Nothing here is ever written into the book.

-- One comparison of a provider's day: asked for, under way, or done.
create table reconciliations (
  id           text primary key check (id like 'rec\_%'),
  provider     text not null,
  -- The gateway's own day.
  day          text not null check (day ~ '^\d{4}-\d\d-\d\d$'),
  source       text not null check (source in ('downloaded', 'file', 'query')),
  state        text not null check (state in ('waiting', 'running', 'matched', 'differences', 'failed')),
  asked_by     text not null,
  reason       text,
  -- While it waits: when it is tried (again).
  next_try_at  timestamptz,
  tries        integer not null default 0 check (tries >= 0),
  -- While it runs: who runs it is alive until a while after this.
  heartbeat_at timestamptz,
  -- Lines of the file, or answers of the gateway.
  lines        integer not null default 0,
  -- Lines that are neither a payment nor a refund; lines that cannot be read, and the first of them.
  others       integer not null default 0,
  unreadable   integer not null default 0,
  unreadable_lines jsonb not null default '[]',
  -- The same transaction or refund told again.
  repeats      integer not null default 0,
  -- Money near the end of a day whose neighbour has no statement here yet.
  pending      integer not null default 0,
  differences  integer not null default 0,
  -- By type and currency: how many and how much, ours and theirs, and what the gateway kept.
  totals       jsonb not null default '[]',
  error        text,
  created_at   timestamptz not null default now(),
  started_at   timestamptz,
  finished_at  timestamptz,
  check ((state = 'waiting') = (next_try_at is not null)),
  check ((state in ('waiting', 'running')) = (finished_at is null)),
  check (state <> 'running' or heartbeat_at is not null)
);
-- One at a time for each day, so that two cannot replace each other's lines.
create unique index reconciliations_running on reconciliations (provider, day) where state = 'running';
create index reconciliations_waiting on reconciliations (next_try_at) where state = 'waiting';
create index reconciliations_of_day on reconciliations (provider, day, id);

-- The lines of each day's newest statement; an earlier one's are replaced when the newer is complete.
create table statement_lines (
  reconciliation_id text not null references reconciliations (id),
  number         integer not null,
  provider       text not null,
  day            text not null,
  type           text not null check (type in ('payment', 'refund')),
  -- What it is matched by: the gateway's number of a payment, our number of a refund or else the gateway's.
  key            text not null,
  out_trade_no   text,
  transaction_id text,
  refund_id      text,
  amount         numeric(14, 2) not null,
  fee            numeric(20, 5),
  currency       text not null,
  status         text not null check (status in ('succeeded', 'processing', 'failed')),
  raw_status     text not null,
  occurred_at    timestamptz,
  primary key (reconciliation_id, number)
);
create index statement_lines_by_key on statement_lines (provider, type, key);
-- Refunds that were made in a gateway's console have no number of ours.
create index statement_lines_of_refunds on statement_lines (provider, transaction_id) where type = 'refund';

create table reconciliation_differences (
  id                bigint generated always as identity primary key,
  reconciliation_id text not null references reconciliations (id),
  type              text not null check (type in ('payment', 'refund')),
  kind              text not null check (kind in ('missing_here', 'missing_there', 'amount', 'state')),
  -- As of a statement's line.
  key               text not null,
  out_trade_no      text,
  transaction_id    text,
  order_id          text references orders (id),
  payment_id        text references payments (id),
  ours              numeric(14, 2),
  theirs            numeric(14, 2),
  currency          text not null,
  our_status        text,
  their_status      text,
  line              integer,
  -- What the gateway said when it was asked: `settled` now stands in the book.
  asked             text,
  exception_id      text references exceptions (id),
  -- Whether the case was opened for this difference, and not for another reason before.
  opened            boolean not null default false
);
create index reconciliation_differences_of_run on reconciliation_differences (reconciliation_id, id);
create index reconciliation_differences_of_case on reconciliation_differences (exception_id) where opened;
-- What came within a day, from either side.
create index receipts_by_booking on receipts (provider, booked_at);
create index refunds_by_success on refunds (provider, succeeded_at) where status = 'succeeded';
create index refunds_by_request on refunds (provider, created_at);
