-- What the laws found, and how each breach can be mended. A plan is kept as it was shown to a person.
create table repairs (
  id           text primary key check (id like 'rep\_%'),
  law          text not null,
  -- The row that breaks the law: an id, a sku, or `provider/transaction` of a receipt.
  key          text not null,
  order_id     text references orders (id),
  facts        jsonb not null,
  -- Exact statements, what they change, and how to take them back; or what a person is to do.
  plan         jsonb not null,
  exception_id text not null references exceptions (id),
  found_at     timestamptz not null default now(),
  applied_at   timestamptz,
  applied_by   text,
  undone_at    timestamptz,
  -- `mended`: its plan was carried out. `vanished`: the law holds again by other means. `superseded`: found anew, otherwise.
  ended_as     text check (ended_as in ('mended', 'vanished', 'superseded')),
  ended_at     timestamptz,
  check ((ended_as is null) = (ended_at is null)),
  check ((applied_at is null) = (applied_by is null)),
  check (undone_at is null or applied_at is not null)
);
-- One breach is one repair, and with it one case, however often it is found.
create unique index repairs_open on repairs (law, key) where ended_at is null;
create index repairs_of_exception on repairs (exception_id);

-- How each law's last run went.
create table law_runs (
  law       text primary key,
  ran_at    timestamptz not null default now(),
  -- The last run over all rows, not only over those that were touched lately.
  full_at   timestamptz,
  holds     boolean not null,
  -- Breaches found by that run, at most so many as a run looks for.
  breaches  integer not null check (breaches >= 0),
  says      text not null,
  ms        integer not null check (ms >= 0)
);
