import type { LatePaymentPolicies } from "@zhanggui/domain";
import type { Db } from "@zhanggui/db";
import type { Outside, Providers } from "@zhanggui/gateways";

/** What the queue is asked to do. Best effort: whatever is not heard, the sweep finds in Postgres. */
export type Wake = {
  /** Rings for a notice that was just recorded. */
  readonly settle: (notice: RecordedNotice) => Promise<void>;
  /** Makes sure that notices are on their way, also those whose job was lost or failed. */
  readonly resettle: (notices: readonly RecordedNotice[]) => Promise<void>;
  readonly expireAt: (orderId: string, at: Date) => Promise<void>;
  readonly forgetExpiry: (orderId: string) => Promise<void>;
  /** Whether an order's timer is in the queue; unset where nobody can look into it. */
  readonly hasTimer?: (orderId: string) => Promise<boolean>;
  /** Rings for a payment whose gateway is to be asked now. */
  readonly query: (paymentId: string) => Promise<void>;
  /** Rings for a refund whose gateway is to be asked. */
  readonly sendRefund: (refundId: string) => Promise<void>;
  /** Makes sure that refunds are on their way, also those whose job was lost or failed. */
  readonly resendRefunds: (refundIds: readonly string[]) => Promise<void>;
};

/** A recorded notice, and what its job is deduplicated by. */
export type RecordedNotice = { readonly id: string; readonly provider: string; readonly eventKey: string };

export type Log = {
  readonly info: (facts: object, message: string) => void;
  readonly warn: (facts: object, message: string) => void;
  readonly error: (facts: object, message: string) => void;
};

/** Everything that operations need from the process they run in. */
export type Engine = {
  readonly db: Db;
  readonly wake: Wake;
  readonly providers: Providers;
  readonly outside: Outside;
  readonly log: Log;
  /** Where gateways reach the callbacks route. */
  readonly publicUrl: string;
  readonly orderTtlSeconds: number;
  readonly latePaymentPolicies: LatePaymentPolicies;
  /** Yuan text; a decision about more money than this needs a second person, and about any when it is zero. */
  readonly secondPersonLimit: string;
};

/** Asks the queue after a commit; a refusal is logged and left to the sweep. */
export async function bestEffort(engine: Pick<Engine, "log">, what: string, asking: Promise<void>): Promise<void> {
  try {
    await asking;
  } catch (error) {
    engine.log.warn({ err: error, what }, "the queue was not reached; the sweep will do it");
  }
}
