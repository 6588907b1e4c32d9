-- A refund is of a receipt: of money that a gateway took, whatever became of its order.
-- Locks are taken in one order everywhere: order, its payments, the receipt, its refunds, products by sku.

-- What of a receipt went back, and what is on its way: reserved here before the gateway is asked.
alter table receipts
  add column refunded numeric(14, 2) not null default 0 check (refunded >= 0),
  add column refund_reserved numeric(14, 2) not null default 0 check (refund_reserved >= 0),
  add constraint receipts_never_overdrawn check (refunded + refund_reserved <= amount);

-- No version before this one wrote a refund: the table is empty.
alter table refunds
  alter column order_id drop not null,
  alter column payment_id drop not null,
  add column provider text not null,
  add column transaction_id text not null,
  add column currency text not null check (currency ~ '^[A-Z]{3}$'),
  -- The gateway's own number. Nothing is ever found by it.
  add column refund_id text,
  -- 'gateway': made in the gateway's own console, and known from its notice only.
  add column origin text not null default 'shop' check (origin in ('shop', 'gateway')),
  -- What its order becomes when the money is fully back; null when the refund is not of all that is left of it.
  add column ends_order_as text check (ends_order_as in ('refunded', 'cancelled')),
  -- Whether the order's pieces go back on sale when its money is fully back. Chosen, never assumed.
  add column restock boolean not null default false,
  add column exception_id text references exceptions (id),
  -- What the gateway said against it.
  add column error text,
  add column asks integer not null default 0 check (asks >= 0),
  -- When its gateway is asked next; null when there is nothing to ask.
  add column next_ask_at timestamptz default now(),
  drop constraint refunds_out_refund_no_key,
  add unique (provider, out_refund_no),
  add foreign key (provider, transaction_id) references receipts (provider, transaction_id),
  -- The strictest gateway (UnionPay) takes 8 to 32 letters and digits.
  add check (origin = 'gateway' or out_refund_no ~ '^[0-9A-Za-z]{8,32}$'),
  add check ((status = 'succeeded') = (succeeded_at is not null)),
  add check (not restock or ends_order_as is not null),
  add check (ends_order_as is null or order_id is not null),
  add check (status in ('succeeded', 'failed', 'abnormal') or next_ask_at is not null),
  add check (status not in ('succeeded', 'failed') or next_ask_at is null);

create index refunds_of_receipt on refunds (provider, transaction_id);
-- The sweep searches whose gateway is to be asked.
create index refunds_to_ask on refunds (next_ask_at) where next_ask_at is not null;

create trigger refunds_keep before delete on refunds for each row execute function refuse_change();
create trigger refunds_no_truncate before truncate on refunds for each statement execute function refuse_change();
