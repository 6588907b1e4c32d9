import type { Producer } from "./producer.ts";

/** How often an order's timer comes back until the order has ended. */
export type BellOptions = { readonly recheckSeconds: number };

/** A notice that is to be settled, and what makes its job unique. */
export type NamedNotice = { readonly id: string; readonly provider: string; readonly eventKey: string };

/** Job ids are built here and nowhere else: BullMQ refuses a colon, and a bare number, and with it a whole batch. */
function settleJob({ id, provider, eventKey }: NamedNotice) {
  return { jobId: `${provider}.${eventKey}`.replaceAll(/[^\w.-]/g, hexOf), payload: { callbackId: id } };
}

function refundJob(refundId: string) {
  return { jobId: refundId, payload: { refundId } };
}

function hexOf(letter: string): string {
  return `~${Buffer.from(letter).toString("hex")}`;
}

function expirySchedulerId(orderId: string): string {
  return `order-expiry.${orderId}`;
}

/** The few things the engine asks of the queue, in the engine's words. */
export function createBell(producer: Producer, { recheckSeconds }: BellOptions) {
  return {
    settle: (notice: NamedNotice) => producer.add("settle-callback", settleJob(notice)),
    resettle: (notices: readonly NamedNotice[]) => producer.rearm("settle-callback", notices.map(settleJob)),
    /** A repeatable delayed job: first at the deadline, then again and again until the order has ended. */
    expireAt: (orderId: string, at: Date) =>
      producer.schedule("expire-order", {
        schedulerId: expirySchedulerId(orderId),
        everySeconds: recheckSeconds,
        startAt: at,
        payload: { orderId },
      }),
    hasTimer: (orderId: string) => producer.isScheduled("expire-order", expirySchedulerId(orderId)),
    forgetExpiry: async (orderId: string) => {
      await producer.unschedule("expire-order", expirySchedulerId(orderId));
    },
    sendRefund: (refundId: string) => producer.add("send-refund", refundJob(refundId)),
    resendRefunds: (refundIds: readonly string[]) => producer.rearm("send-refund", refundIds.map(refundJob)),
    /** The next round is some seconds off; a customer who says "I have paid" is looking at the screen. */
    query: (paymentId: string) => producer.rearm("query-payments", [{ jobId: `query.${paymentId}`, payload: {} }]),
  };
}

const sweepSchedulerId = "sweep";

/**
 * Makes sure that the pool's sweep comes round, and at this pace: BullMQ keeps a timer over restarts with the pace that
 * it was made with.
 *
 * @returns whether it had to be made: the queue is new, or was emptied.
 */
export async function ensureSweep(producer: Producer, everySeconds: number): Promise<boolean> {
  return ensureRound(producer, { name: "sweep", schedulerId: sweepSchedulerId, everySeconds });
}

const queriesSchedulerId = "query-payments";
/** How often it is looked which payments are to be asked about; a round with nothing to ask is one cheap question. */
const queriesEverySeconds = 2;

/** Makes sure that the gateways are asked about open payments. */
export async function ensureQueries(producer: Producer): Promise<void> {
  await ensureRound(producer, {
    name: "query-payments",
    schedulerId: queriesSchedulerId,
    everySeconds: queriesEverySeconds,
  });
}

type Round = {
  readonly name: "sweep" | "query-payments";
  readonly schedulerId: string;
  readonly everySeconds: number;
};

async function ensureRound(producer: Producer, { name, schedulerId, everySeconds }: Round): Promise<boolean> {
  const pace = await producer.paceOf(name, schedulerId);
  if (pace === everySeconds) return false;
  if (pace !== undefined) await producer.unschedule(name, schedulerId);
  await producer.schedule(name, { schedulerId, everySeconds, payload: {} });
  return pace === undefined;
}
