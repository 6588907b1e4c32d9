-- Cases that a person closes with one decision, and an audit whose past cannot be changed unseen.

alter table exceptions
  add column owner             text check (length(owner) between 1 and 200),
  -- What proves the case: a callback's id, or the query that was answered.
  add column evidence          text,
  -- Empty on a resolved case that came right by itself.
  add column resolution        text check (resolution in ('apply', 'revive', 'refund', 'write_off')),
  add column resolved_by       text,
  add column resolve_reason    text,
  -- What one person has asked for and a second one has not confirmed yet.
  add column proposed_action   text check (proposed_action in ('apply', 'revive', 'refund', 'write_off')),
  add column proposed_by       text,
  add column proposed_reason   text,
  add column proposed_at       timestamptz,
  add column proposed_order_id text references orders (id),
  add check ((proposed_action is null) = (proposed_by is null)),
  add check ((proposed_action is null) = (proposed_at is null)),
  add check (state = 'open' or proposed_action is null),
  add check (state = 'resolved' or (resolution is null and resolved_by is null));
update exceptions set evidence = callback_id;
create index exceptions_by_kind on exceptions (kind, id);
create index exceptions_by_owner on exceptions (owner, id) where owner is not null;

-- Money that a person has declared settled outside of this system: nothing may use it again.
alter table receipts add column written_off_at timestamptz;

-- Which transaction wrote an entry: the order in which entries are sealed, without making their writers wait for each
-- other. Entries of a finished past are those below the oldest transaction that still runs.
alter table audit add column xid xid8 not null default pg_current_xact_id();
create index audit_by_transaction on audit (xid, id);

-- The chain: each seal is a digest of the seal before it and of the entries up to (last_xid, last_id).
create table audit_seals (
  seq       bigint primary key check (seq > 0),
  last_xid  xid8 not null,
  last_id   bigint not null,
  rows      integer not null check (rows > 0),
  hash      bytea not null check (length(hash) = 32),
  -- Eight bytes of each entry's own digest, in order, so that a broken seal can name the entry.
  marks     bytea not null check (length(marks) = rows * 8),
  sealed_at timestamptz not null default now()
);
create trigger audit_seals_append_only before update or delete on audit_seals
  for each row execute function refuse_change();
create trigger audit_seals_no_truncate before truncate on audit_seals
  for each statement execute function refuse_change();
