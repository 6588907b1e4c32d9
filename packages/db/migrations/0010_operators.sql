-- People who sign in. What better-auth reads and writes has its columns under our names; rows are made by us alone, so a
-- stranger cannot sign up. `email` is lower case and never changes: it is the actor in the audit.
create table operators (
  id                   text primary key,
  email                text not null unique check (email = lower(email)),
  email_verified       boolean not null default false,
  name                 text not null,
  image                text,
  role                 text not null check (role in ('viewer', 'operator', 'admin')),
  must_change_password boolean not null default true,
  two_factor_enabled   boolean not null default false,
  disabled_at          timestamptz,
  created_at           timestamptz not null default now(),
  updated_at           timestamptz not null default now()
);

-- The password of an operator, as better-auth's scrypt hash. The other columns are its for sign-in by third parties.
create table operator_credentials (
  id                       text primary key,
  account_id               text not null,
  provider_id              text not null check (provider_id = 'credential'),
  user_id                  text not null unique references operators (id),
  password                 text not null,
  access_token             text,
  refresh_token            text,
  id_token                 text,
  access_token_expires_at  timestamptz,
  refresh_token_expires_at timestamptz,
  scope                    text,
  created_at               timestamptz not null default now(),
  updated_at               timestamptz not null default now()
);

create table operator_sessions (
  id         text primary key,
  token      text not null unique,
  user_id    text not null references operators (id),
  expires_at timestamptz not null,
  ip_address text,
  user_agent text,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index operator_sessions_user_id on operator_sessions (user_id);

-- Between the password and the second factor.
create table operator_verifications (
  id         text primary key,
  identifier text not null,
  value      text not null,
  expires_at timestamptz not null,
  created_at timestamptz not null default now(),
  updated_at timestamptz not null default now()
);
create index operator_verifications_identifier on operator_verifications (identifier);

-- The second factor's secret and recovery codes, encrypted under AUTH_SECRET.
create table operator_two_factors (
  id                        text primary key,
  user_id                   text not null unique references operators (id),
  secret                    text not null,
  backup_codes              text not null,
  verified                  boolean not null default true,
  failed_verification_count integer not null default 0,
  locked_until              timestamptz
);

-- Attempts under way or failed, by e-mail and by network address; one that succeeds takes itself away again.
create table sign_in_attempts (
  key      text primary key,
  attempts integer not null check (attempts > 0),
  ends_at  timestamptz not null
);
create index sign_in_attempts_ends_at on sign_in_attempts (ends_at);
