-- Postgres decides, the queue only wakes: everything that must not be lost is in these tables.
-- Locks are taken in one order everywhere: order, then its payments, then products by sku.

create table products (
  sku        text primary key check (sku ~ '^[A-Za-z0-9._-]{1,64}$'),
  name       text not null check (length(name) between 1 and 200),
  price      numeric(14, 2) not null check (price > 0),
  available  integer not null check (available >= 0),
  reserved   integer not null default 0 check (reserved >= 0),
  sold       integer not null default 0 check (sold >= 0),
  updated_at timestamptz not null default now()
);

create table orders (
  id            text primary key check (id like 'ord\_%'),
  number        text not null unique,
  customer_id   text not null check (length(customer_id) between 1 and 200),
  status        text not null check (status in ('pending', 'paid', 'shipped', 'completed', 'refunded', 'cancelled')),
  amount        numeric(14, 2) not null check (amount > 0),
  currency      text not null check (currency ~ '^[A-Z]{3}$'),
  expires_at    timestamptz not null,
  closing_since timestamptz,
  created_at    timestamptz not null default now(),
  paid_at       timestamptz,
  cancelled_at  timestamptz,
  cancel_reason text,
  check (status <> 'pending' or (paid_at is null and cancelled_at is null)),
  check (status not in ('paid', 'shipped', 'completed', 'refunded') or paid_at is not null),
  check (status <> 'cancelled' or cancelled_at is not null)
);
-- The sweep and cancel-unpaid search what is due.
create index orders_due on orders (expires_at) where status = 'pending';
-- A customer's own list and the operators' list, newest first.
-- Ids grow with time, so they are the order of creation.
create index orders_by_customer on orders (customer_id, id);
create index orders_by_status on orders (status, id);
create index orders_created on orders (created_at);

create table order_lines (
  order_id   text not null references orders (id),
  sku        text not null references products (sku),
  name       text not null,
  unit_price numeric(14, 2) not null check (unit_price > 0),
  quantity   integer not null check (quantity > 0),
  primary key (order_id, sku)
);

-- One hold per order line; its state says where the pieces are counted: held = reserved, consumed = sold.
create table stock_holds (
  order_id   text not null,
  sku        text not null,
  quantity   integer not null check (quantity > 0),
  state      text not null check (state in ('held', 'consumed', 'released')),
  updated_at timestamptz not null default now(),
  primary key (order_id, sku),
  foreign key (order_id, sku) references order_lines (order_id, sku)
);

create table payments (
  id             text primary key check (id like 'pay\_%'),
  order_id       text not null references orders (id),
  provider       text not null,
  status         text not null check (status in ('init', 'processing', 'succeeded', 'failed', 'cancelled', 'expired')),
  amount         numeric(14, 2) not null check (amount > 0),
  currency       text not null check (currency ~ '^[A-Z]{3}$'),
  out_trade_no   text not null unique check (out_trade_no ~ '^[0-9A-Za-z]{8,32}$'),
  transaction_id text,
  effective      boolean not null default false,
  action         jsonb,
  created_at     timestamptz not null default now(),
  started_at     timestamptz,
  succeeded_at   timestamptz,
  closed_at      timestamptz,
  check ((status = 'succeeded') = (succeeded_at is not null)),
  check (status <> 'succeeded' or transaction_id is not null),
  check (not effective or status = 'succeeded')
);
create index payments_of_order on payments (order_id, created_at);
create index payments_by_transaction on payments (transaction_id) where transaction_id is not null;
-- One gateway transaction pays once.
create unique index payments_paid_once on payments (provider, transaction_id) where status = 'succeeded';
-- One payment makes an order paid; another that succeeds too is surplus.
create unique index payments_one_effective on payments (order_id) where effective;

-- The inbox: committed before a gateway is answered. A job only carries the id of one of these rows.
create table callbacks (
  id               text primary key check (id like 'cb\_%'),
  provider         text not null,
  event_key        text not null,
  event_type       text not null check (event_type in ('payment', 'refund', 'ignored')),
  state            text not null default 'received'
                   check (state in ('received', 'processed', 'ignored', 'failed', 'parked')),
  outcome          text,
  status           text not null,
  raw_status       text not null,
  out_trade_no     text not null,
  transaction_id   text,
  amount_minor     bigint not null check (amount_minor >= 0),
  currency         text not null,
  out_refund_no    text,
  refund_minor     bigint,
  occurred_at      timestamptz,
  headers          jsonb not null,
  body             bytea not null,
  order_id         text references orders (id),
  payment_id       text references payments (id),
  deliveries       integer not null default 1,
  attempts         integer not null default 0,
  error            text,
  received_at      timestamptz not null default now(),
  last_received_at timestamptz not null default now(),
  settled_at       timestamptz,
  unique (provider, event_key)
);
-- The sweep searches what was received and never settled.
create index callbacks_unsettled on callbacks (id) where state = 'received';
create index callbacks_by_state on callbacks (state, id);
create index callbacks_received on callbacks (received_at);
create index callbacks_of_order on callbacks (order_id) where order_id is not null;
create index callbacks_by_out_trade_no on callbacks (out_trade_no);
create index callbacks_by_transaction on callbacks (transaction_id) where transaction_id is not null;

-- The book of money: one row for each gateway transaction that a verified notice calls paid, whether or not an order
-- could take it. Booked first; what it is for is decided second.
create table receipts (
  provider       text not null,
  transaction_id text not null,
  amount         numeric(14, 2) not null,
  currency       text not null,
  out_trade_no   text not null,
  order_id       text references orders (id),
  payment_id     text references payments (id),
  callback_id    text references callbacks (id),
  booked_at      timestamptz not null default now(),
  primary key (provider, transaction_id)
);
create index receipts_of_order on receipts (order_id);

create table refunds (
  id            text primary key check (id like 'ref\_%'),
  order_id      text not null references orders (id),
  payment_id    text not null references payments (id),
  amount        numeric(14, 2) not null check (amount > 0),
  status        text not null check (status in ('created', 'processing', 'unknown', 'succeeded', 'failed', 'abnormal')),
  out_refund_no text not null unique,
  reason        text not null,
  created_at    timestamptz not null default now(),
  succeeded_at  timestamptz
);
create index refunds_of_order on refunds (order_id, created_at);

create table exceptions (
  id               text primary key check (id like 'exc\_%'),
  -- What it is about, such as a gateway's transaction: one thing opens one exception of a kind, however often it is told.
  subject          text not null,
  kind             text not null check (kind in (
                     'late_payment', 'surplus_payment', 'amount_mismatch', 'unmatched_payment', 'refund_unknown',
                     'refund_failed', 'unknown_status', 'gateway_unreachable', 'invariant_broken')),
  state            text not null default 'open' check (state in ('open', 'resolved')),
  order_id         text references orders (id),
  payment_id       text references payments (id),
  callback_id      text references callbacks (id),
  amount           numeric(14, 2),
  detail           text not null,
  suggested_action text not null check (suggested_action in ('apply', 'revive', 'refund', 'write_off')),
  due_at           timestamptz not null,
  created_at       timestamptz not null default now(),
  resolved_at      timestamptz,
  unique (kind, subject),
  check ((state = 'resolved') = (resolved_at is not null))
);
create index exceptions_by_state on exceptions (state, id);
create index exceptions_of_order on exceptions (order_id);

create table idempotency_keys (
  customer_id  text not null,
  key          text not null check (length(key) between 1 and 200),
  request_hash text not null,
  -- As it was answered, to the letter.
  response     json,
  created_at   timestamptz not null default now(),
  primary key (customer_id, key)
);
create index idempotency_keys_oldest on idempotency_keys (created_at);

-- Who did what, append-only. `order_id` gathers an order's history; its changes of status are its event stream.
create table audit (
  id         bigint generated always as identity primary key,
  at         timestamptz not null default clock_timestamp(),
  actor      text not null,
  action     text not null,
  entity     text not null,
  entity_id  text not null,
  order_id   text,
  before     jsonb,
  after      jsonb,
  reason     text,
  evidence   text
);
create index audit_of_order on audit (order_id, id) where order_id is not null;
create index audit_of_entity on audit (entity, entity_id, id);
create index audit_by_actor on audit (actor, id);
create index audit_by_time on audit using brin (at);

create function refuse_change() returns trigger language plpgsql as $$
begin
  raise exception '% is append-only', tg_table_name using errcode = 'restrict_violation';
end
$$;
create trigger audit_append_only before update or delete on audit for each row execute function refuse_change();
create trigger audit_no_truncate before truncate on audit for each statement execute function refuse_change();
create trigger receipts_keep before delete on receipts for each row execute function refuse_change();
create trigger receipts_no_truncate before truncate on receipts for each statement execute function refuse_change();

-- When each pool-wide duty was last done: the worker that moves the row forward does the duty.
create table duties (
  name    text primary key,
  done_at timestamptz not null
);
