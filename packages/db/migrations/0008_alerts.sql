-- What people are told of. An alert is found by looking at the rows, told when it begins, while it lasts, and when it
-- is over; what is to be told is written down first, so that no process takes it to its grave.

create table alerts (
  -- The same trouble has the same key, however often it is found.
  key                text primary key check (length(key) between 1 and 200),
  kind               text not null check (kind in (
                       'cases_open', 'cases_overdue', 'unit_mixed_up', 'provider_silent', 'provider_unreachable', 'callbacks_refused',
                       'callbacks_waiting', 'expiry_late', 'refunds_unknown', 'law_broken', 'audit_broken',
                       'reconciliation', 'key_expiring')),
  state              text not null check (state in ('firing', 'resolved')),
  severity           text not null check (severity in ('warning', 'critical')),
  -- As they were found last.
  facts              jsonb not null,
  path               text not null,
  -- How much of it the last message told of.
  mark               text,
  -- How often it has begun.
  count              integer not null default 1 check (count > 0),
  -- When it began this time, when it was last found, and when people were last told.
  first_at           timestamptz not null default now(),
  last_at            timestamptz not null default now(),
  last_sent_at       timestamptz not null default now(),
  resolved_at        timestamptz,
  acknowledged_by    text,
  acknowledged_at    timestamptz,
  acknowledge_reason text,
  check ((state = 'resolved') = (resolved_at is not null)),
  check ((acknowledged_by is null) = (acknowledged_at is null))
);

-- One message of one alert to one receiver.
create table alert_messages (
  id          text primary key check (id like 'msg\_%'),
  alert_key   text not null references alerts (key),
  -- The receiver by a name that tells nothing of its address.
  channel     text not null check (length(channel) between 1 and 100),
  -- What it tells, as it was when it was written.
  content     jsonb not null,
  -- `superseded`: a newer message of the same alert took its place before it was heard.
  state       text not null default 'waiting' check (state in ('waiting', 'sent', 'failed', 'superseded')),
  attempts    integer not null default 0 check (attempts >= 0),
  next_try_at timestamptz not null default now(),
  -- What the receiver said last.
  answer      text,
  created_at  timestamptz not null default now(),
  ended_at    timestamptz,
  check ((state = 'waiting') = (ended_at is null))
);
-- A receiver that is down holds one message for each alert, the newest.
create unique index alert_messages_waiting on alert_messages (alert_key, channel) where state = 'waiting';
create index alert_messages_due on alert_messages (next_try_at) where state = 'waiting';
create index alert_messages_of_alert on alert_messages (alert_key, created_at);
create index alert_messages_oldest on alert_messages (created_at);

-- Callbacks that were refused as not authentic, by the minute. They leave nothing else.
create table refused_callbacks (
  provider text not null,
  minute   timestamptz not null,
  refused  integer not null check (refused > 0),
  primary key (provider, minute)
);
