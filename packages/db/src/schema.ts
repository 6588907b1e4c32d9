import type {
  AlertEvent,
  AlertFacts,
  AlertKind,
  AlertSeverity,
  AlertState,
  CallbackState,
  ExceptionAction,
  ExceptionKind,
  ExceptionState,
  HoldState,
  Notice,
  OperatorRole,
  OrderState,
  PaymentState,
  RefundEnd,
  RefundOrigin,
  RefundState,
} from "@zhanggui/domain";
import type { ColumnType, Generated, Insertable, JSONColumnType, Selectable } from "kysely";

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
  next_query_at: Date | null;
  querying_until: Date | null;
  queries: Generated<number>;
  last_query_at: Date | null;
  last_answer: string | null;
  found_at: Date | null;
  left_open: Generated<boolean>;
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
  verified_by: string | null;
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
  refunded: Generated<Numeric>;
  refund_reserved: Generated<Numeric>;
  written_off_at: ColumnType<Date | null, never, Date>;
};

export type RefundTable = {
  id: string;
  order_id: string | null;
  payment_id: string | null;
  amount: Numeric;
  status: RefundState;
  out_refund_no: string;
  reason: string;
  created_at: CreatedAt;
  succeeded_at: Date | null;
  provider: string;
  transaction_id: string;
  currency: string;
  refund_id: string | null;
  origin: Generated<RefundOrigin>;
  ends_order_as: RefundEnd | null;
  restock: Generated<boolean>;
  exception_id: string | null;
  error: string | null;
  asks: Generated<number>;
  next_ask_at: ColumnType<Date | null, Date | null | undefined, Date | null>;
};

export type RefundProposalTable = {
  order_id: string;
  amount: Numeric;
  restock: boolean;
  ends_order_as: RefundEnd;
  proposed_by: string;
  reason: string | null;
  proposed_at: CreatedAt;
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
  owner: string | null;
  evidence: string | null;
  resolution: ExceptionAction | null;
  resolved_by: string | null;
  resolve_reason: string | null;
  proposed_action: ExceptionAction | null;
  proposed_by: string | null;
  proposed_reason: string | null;
  proposed_at: Date | null;
  proposed_order_id: string | null;
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
  xid: ColumnType<string, never, never>;
};

export type AuditSealTable = {
  seq: ColumnType<string, string, never>;
  last_xid: ColumnType<string, string, never>;
  last_id: ColumnType<string, string, never>;
  rows: ColumnType<number, number, never>;
  hash: ColumnType<Buffer, Buffer, never>;
  marks: ColumnType<Buffer, Buffer, never>;
  sealed_at: CreatedAt;
};

export type GatewayCallName = "query" | "close";
export type GatewayAnswer = "found" | "closed" | "paid" | "not_found" | "unknown";

export type GatewayQueryTable = {
  id: ColumnType<string, never, never>;
  payment_id: string;
  at: Generated<Date>;
  call: GatewayCallName;
  answer: GatewayAnswer;
  says: string | null;
  ms: number;
};

export type ProviderHealthTable = {
  provider: string;
  consecutive_unknown: Generated<number>;
  resting_until: Date | null;
  last_answer_at: Date | null;
  last_callback_at: Date | null;
  silent_since: Date | null;
};

export type RepairTable = {
  id: string;
  law: string;
  key: string;
  order_id: string | null;
  facts: ColumnType<unknown, string, string>;
  plan: ColumnType<unknown, string, string>;
  exception_id: string;
  found_at: CreatedAt;
  applied_at: Date | null;
  applied_by: string | null;
  undone_at: Date | null;
  ended_as: "mended" | "vanished" | "superseded" | null;
  ended_at: Date | null;
};

export type LawRunTable = {
  law: string;
  ran_at: Generated<Date>;
  full_at: Date | null;
  holds: boolean;
  breaches: number;
  says: string;
  ms: number;
};

export type ReconciliationSource = "downloaded" | "file" | "query";
export type ReconciliationState = "waiting" | "running" | "matched" | "differences" | "failed";
export type StatementType = "payment" | "refund";
export type DifferenceKind = "missing_here" | "missing_there" | "amount" | "state";

/** A line of a statement that cannot be read. */
export type UnreadableLineJson = { readonly number: number; readonly why: string };

/** Yuan text, by type and currency. */
export type TotalJson = {
  readonly type: StatementType;
  readonly currency: string;
  readonly ours: { readonly count: number; readonly amount: string };
  readonly theirs: { readonly count: number; readonly amount: string };
  /** What the gateway kept; text with up to five decimals. */
  readonly fee: string;
};

export type ReconciliationTable = {
  id: string;
  provider: string;
  day: string;
  source: ReconciliationSource;
  state: ReconciliationState;
  asked_by: string;
  reason: string | null;
  next_try_at: Date | null;
  tries: Generated<number>;
  heartbeat_at: Date | null;
  lines: Generated<number>;
  others: Generated<number>;
  unreadable: Generated<number>;
  unreadable_lines: ColumnType<readonly UnreadableLineJson[], string | undefined, string>;
  repeats: Generated<number>;
  pending: Generated<number>;
  differences: Generated<number>;
  totals: ColumnType<readonly TotalJson[], string | undefined, string>;
  error: string | null;
  created_at: CreatedAt;
  started_at: Date | null;
  finished_at: Date | null;
};

export type StatementLineTable = {
  reconciliation_id: string;
  number: number;
  provider: string;
  day: string;
  type: StatementType;
  key: string;
  out_trade_no: string | null;
  transaction_id: string | null;
  refund_id: string | null;
  amount: Numeric;
  fee: Numeric | null;
  currency: string;
  status: "succeeded" | "processing" | "failed";
  raw_status: string;
  occurred_at: Date | null;
};

export type ReconciliationDifferenceTable = {
  id: ColumnType<string, never, never>;
  reconciliation_id: string;
  type: StatementType;
  kind: DifferenceKind;
  key: string;
  out_trade_no: string | null;
  transaction_id: string | null;
  order_id: string | null;
  payment_id: string | null;
  ours: Numeric | null;
  theirs: Numeric | null;
  currency: string;
  our_status: string | null;
  their_status: string | null;
  line: number | null;
  asked: string | null;
  exception_id: string | null;
  opened: Generated<boolean>;
};

export type AlertTable = {
  key: string;
  kind: AlertKind;
  state: AlertState;
  severity: AlertSeverity;
  facts: ColumnType<AlertFacts, string, string>;
  path: string;
  mark: string | null;
  count: Generated<number>;
  first_at: Generated<Date>;
  last_at: Generated<Date>;
  last_sent_at: Generated<Date>;
  resolved_at: Date | null;
  acknowledged_by: string | null;
  acknowledged_at: Date | null;
  acknowledge_reason: string | null;
};

/** What a message tells, whatever the receiver's format and language. Times are RFC 3339 UTC. */
export type AlertContentJson = {
  readonly key: string;
  readonly kind: AlertKind;
  readonly event: AlertEvent;
  readonly severity: AlertSeverity;
  readonly facts: AlertFacts;
  readonly path: string;
  /** When the alert began. */
  readonly since: string;
  readonly at: string;
};

export type AlertMessageState = "waiting" | "sent" | "failed" | "superseded";

export type AlertMessageTable = {
  id: string;
  alert_key: string;
  channel: string;
  content: ColumnType<AlertContentJson, string, never>;
  state: Generated<AlertMessageState>;
  attempts: Generated<number>;
  next_try_at: Generated<Date>;
  answer: string | null;
  created_at: CreatedAt;
  ended_at: Date | null;
};

export type RefusedCallbackTable = { provider: string; minute: Date; refused: number };

export type DutyTable = { name: string; done_at: Date };

export type OperatorTable = {
  id: string;
  email: string;
  email_verified: Generated<boolean>;
  name: string;
  image: Generated<string | null>;
  role: OperatorRole;
  must_change_password: Generated<boolean>;
  two_factor_enabled: Generated<boolean>;
  disabled_at: Generated<Date | null>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
};

export type OperatorCredentialTable = {
  id: string;
  account_id: string;
  provider_id: string;
  user_id: string;
  password: string;
  access_token: Generated<string | null>;
  refresh_token: Generated<string | null>;
  id_token: Generated<string | null>;
  access_token_expires_at: Generated<Date | null>;
  refresh_token_expires_at: Generated<Date | null>;
  scope: Generated<string | null>;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
};

export type OperatorSessionTable = {
  id: string;
  token: string;
  user_id: string;
  expires_at: Date;
  ip_address: string | null;
  user_agent: string | null;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
};

export type OperatorVerificationTable = {
  id: string;
  identifier: string;
  value: string;
  expires_at: Date;
  created_at: CreatedAt;
  updated_at: Generated<Date>;
};

export type OperatorTwoFactorTable = {
  id: string;
  user_id: string;
  secret: string;
  backup_codes: string;
  verified: Generated<boolean>;
  failed_verification_count: Generated<number>;
  locked_until: Date | null;
};

export type SignInAttemptTable = { key: string; attempts: number; ends_at: Date };

export type Tables = {
  products: ProductTable;
  orders: OrderTable;
  order_lines: OrderLineTable;
  stock_holds: StockHoldTable;
  payments: PaymentTable;
  callbacks: CallbackTable;
  receipts: ReceiptTable;
  refunds: RefundTable;
  refund_proposals: RefundProposalTable;
  exceptions: ExceptionTable;
  idempotency_keys: IdempotencyKeyTable;
  audit: AuditTable;
  audit_seals: AuditSealTable;
  duties: DutyTable;
  gateway_queries: GatewayQueryTable;
  provider_health: ProviderHealthTable;
  repairs: RepairTable;
  law_runs: LawRunTable;
  alerts: AlertTable;
  alert_messages: AlertMessageTable;
  refused_callbacks: RefusedCallbackTable;
  reconciliations: ReconciliationTable;
  statement_lines: StatementLineTable;
  reconciliation_differences: ReconciliationDifferenceTable;
  operators: OperatorTable;
  operator_credentials: OperatorCredentialTable;
  operator_sessions: OperatorSessionTable;
  operator_verifications: OperatorVerificationTable;
  operator_two_factors: OperatorTwoFactorTable;
  sign_in_attempts: SignInAttemptTable;
};

export type Product = Selectable<ProductTable>;
export type Order = Selectable<OrderTable>;
export type OrderLine = Selectable<OrderLineTable>;
export type StockHold = Selectable<StockHoldTable>;
export type Payment = Selectable<PaymentTable>;
export type Callback = Selectable<CallbackTable>;
export type Receipt = Selectable<ReceiptTable>;
export type Refund = Selectable<RefundTable>;
export type RefundProposal = Selectable<RefundProposalTable>;
export type ExceptionCase = Selectable<ExceptionTable>;
export type AuditEntry = Selectable<AuditTable>;
export type AuditSeal = Selectable<AuditSealTable>;
export type NewAuditSeal = Insertable<AuditSealTable>;
export type GatewayQuery = Selectable<GatewayQueryTable>;
export type ProviderHealth = Selectable<ProviderHealthTable>;
export type Repair = Selectable<RepairTable>;
export type LawRun = Selectable<LawRunTable>;
export type Reconciliation = Selectable<ReconciliationTable>;
export type ReconciliationDifference = Selectable<ReconciliationDifferenceTable>;
export type Alert = Selectable<AlertTable>;
export type AlertMessage = Selectable<AlertMessageTable>;
export type Operator = Selectable<OperatorTable>;
export type OperatorSession = Selectable<OperatorSessionTable>;
