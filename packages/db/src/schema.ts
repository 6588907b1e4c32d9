import type {
  CallbackState,
  ExceptionAction,
  ExceptionKind,
  ExceptionState,
  HoldState,
  Notice,
  OrderState,
  PaymentState,
  RefundState,
} from "@zhanggui/domain";
import type { ColumnType, Generated, JSONColumnType, Selectable } from "kysely";

/** Times that the database sets when a row is made. */
type CreatedAt = ColumnType<Date, never, never>;
/** `numeric` travels as text; `bigint` too. */
type Numeric = string;
type BigInteger = ColumnType<string, number | string, number | string>;

export type ProductTable = {
  sku: string;
  name: string;
  price: Numeric;
  available: number;
  reserved: Generated<number>;
  sold: Generated<number>;
  updated_at: Generated<Date>;
};

export type OrderTable = {
  id: string;
  number: string;
  customer_id: string;
  status: OrderState;
  amount: Numeric;
  currency: string;
  expires_at: Date;
  closing_since: Date | null;
  created_at: CreatedAt;
  paid_at: Date | null;
  cancelled_at: Date | null;
  cancel_reason: string | null;
};

export type OrderLineTable = {
  order_id: string;
  sku: string;
  name: string;
  unit_price: Numeric;
  quantity: number;
};

export type StockHoldTable = {
  order_id: string;
  sku: string;
  quantity: number;
  state: HoldState;
  updated_at: Generated<Date>;
};

export type PaymentActionJson = {
  readonly type: "qr" | "redirect" | "form" | "none";
  readonly url?: string;
  readonly fields?: Readonly<Record<string, string>>;
};

export type PaymentTable = {
  id: string;
  order_id: string;
  provider: string;
  status: PaymentState;
  amount: Numeric;
  currency: string;
  out_trade_no: string;
  transaction_id: string | null;
  effective: Generated<boolean>;
  action: ColumnType<PaymentActionJson | null, string | null, string | null>;
  created_at: CreatedAt;
  started_at: Date | null;
  succeeded_at: Date | null;
  closed_at: Date | null;
};

export type CallbackTable = {
  id: string;
  provider: string;
  event_key: string;
  event_type: Notice["eventType"];
  state: Generated<CallbackState>;
  outcome: string | null;
  status: Notice["status"];
  raw_status: string;
  out_trade_no: string;
  transaction_id: string | null;
  amount_minor: BigInteger;
  currency: string;
  out_refund_no: string | null;
  refund_minor: BigInteger | null;
  occurred_at: Date | null;
  headers: JSONColumnType<Record<string, string>>;
  body: Buffer;
  order_id: string | null;
  payment_id: string | null;
  deliveries: Generated<number>;
  attempts: Generated<number>;
  error: string | null;
  received_at: CreatedAt;
  last_received_at: Generated<Date>;
  settled_at: Date | null;
};

export type ReceiptTable = {
  provider: string;
  transaction_id: string;
  amount: Numeric;
  currency: string;
  out_trade_no: string;
  order_id: string | null;
  payment_id: string | null;
  callback_id: string | null;
  booked_at: Generated<Date>;
};

export type RefundTable = {
  id: string;
  order_id: string;
  payment_id: string;
  amount: Numeric;
  status: RefundState;
  out_refund_no: string;
  reason: string;
  created_at: CreatedAt;
  succeeded_at: Date | null;
};

export type ExceptionTable = {
  id: string;
  subject: string;
  kind: ExceptionKind;
  state: Generated<ExceptionState>;
  order_id: string | null;
  payment_id: string | null;
  callback_id: string | null;
  amount: Numeric | null;
  detail: string;
  suggested_action: ExceptionAction;
  due_at: Date;
  created_at: CreatedAt;
  resolved_at: Date | null;
};

export type IdempotencyKeyTable = {
  customer_id: string;
  key: string;
  request_hash: string;
  response: ColumnType<unknown, string | null, string | null>;
  created_at: CreatedAt;
};

export type AuditTable = {
  id: ColumnType<string, never, never>;
  at: Generated<Date>;
  actor: string;
  action: string;
  entity: string;
  entity_id: string;
  order_id: string | null;
  before: ColumnType<unknown, string | null, never>;
  after: ColumnType<unknown, string | null, never>;
  reason: string | null;
  evidence: string | null;
};

export type DutyTable = { name: string; done_at: Date };

export type Tables = {
  products: ProductTable;
  orders: OrderTable;
  order_lines: OrderLineTable;
  stock_holds: StockHoldTable;
  payments: PaymentTable;
  callbacks: CallbackTable;
  receipts: ReceiptTable;
  refunds: RefundTable;
  exceptions: ExceptionTable;
  idempotency_keys: IdempotencyKeyTable;
  audit: AuditTable;
  duties: DutyTable;
};

export type Product = Selectable<ProductTable>;
export type Order = Selectable<OrderTable>;
export type OrderLine = Selectable<OrderLineTable>;
export type StockHold = Selectable<StockHoldTable>;
export type Payment = Selectable<PaymentTable>;
export type Callback = Selectable<CallbackTable>;
export type Receipt = Selectable<ReceiptTable>;
export type Refund = Selectable<RefundTable>;
export type ExceptionCase = Selectable<ExceptionTable>;
export type AuditEntry = Selectable<AuditTable>;
