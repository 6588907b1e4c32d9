-- A refund of an order above the limit, until a second person asks for the same. One at a time for each order.
create table refund_proposals (
  order_id      text primary key references orders (id),
  amount        numeric(14, 2) not null check (amount > 0),
  restock       boolean not null,
  ends_order_as text not null check (ends_order_as in ('refunded', 'cancelled')),
  proposed_by   text not null,
  reason        text,
  proposed_at   timestamptz not null default now()
);
