-- Silence decides nothing: a started attempt is asked about again and again, by Postgres's clock. The queue only wakes.

alter table payments
  -- When its gateway is to be asked next; null when there is nothing (more) to ask.
  add column next_query_at  timestamptz,
  -- Whoever asks right now has it until then; a worker that dies gives it back by itself.
  add column querying_until timestamptz,
  add column queries        integer not null default 0,
  add column last_query_at  timestamptz,
  add column last_answer    text,
  -- When a query first told of its money, before any notice did.
  add column found_at       timestamptz,
  -- Ended here while its gateway might still take money for it, for all we know.
  add column left_open      boolean not null default false,
  -- An attempt that waits to be paid is not left open.
  add check (not left_open or status not in ('init', 'processing'));

create index payments_to_query on payments (provider, next_query_at) where next_query_at is not null;
create index payments_in_query on payments (provider) where querying_until is not null;
create index payments_found on payments (provider, found_at) where found_at is not null;

update payments set next_query_at = now() where status = 'processing';

-- What our calls about an attempt were answered, the newest few of each: a trace for people, never a source of truth.
create table gateway_queries (
  id         bigint generated always as identity primary key,
  payment_id text not null references payments (id),
  at         timestamptz not null default clock_timestamp(),
  call       text not null check (call in ('query', 'close')),
  answer     text not null check (answer in ('found', 'closed', 'paid', 'not_found', 'unknown')),
  -- The gateway's own word, or why there was none.
  says       text,
  ms         integer not null check (ms >= 0)
);
create index gateway_queries_of_payment on gateway_queries (payment_id, id);

-- How each provider is heard: by its answers, and by its callbacks.
create table provider_health (
  provider            text primary key,
  -- Calls without an answer, one after the other.
  consecutive_unknown integer not null default 0 check (consecutive_unknown >= 0),
  -- After too many it is left in peace until then.
  resting_until       timestamptz,
  last_answer_at      timestamptz,
  last_callback_at    timestamptz,
  -- Since when money is found that none of its callbacks told of.
  silent_since        timestamptz
);
