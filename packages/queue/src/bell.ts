import type { Producer } from "./producer.ts";

/** How often an order's timer comes back until the order has ended. */
export type BellOptions = { readonly recheckSeconds: number };

/** A notice that is to be settled, and what makes its job unique. */
export type NamedNotice = { readonly id: string; readonly provider: string; readonly eventKey: string };

/** Job ids are built here and nowhere else: BullMQ refuses a colon, and a bare number, and with it a whole batch. */
function settleJob({ id, provider, eventKey }: NamedNotice) {
  return { jobId: `${provider}.${eventKey}`.replaceAll(/[^\w.-]/g, hexOf), payload: { callbackId: id } };
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
    forgetExpiry: async (orderId: string) => {
      await producer.unschedule("expire-order", expirySchedulerId(orderId));
    },
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
  const pace = await producer.paceOf("sweep", sweepSchedulerId);
  if (pace === everySeconds) return false;
  if (pace !== undefined) await producer.unschedule("sweep", sweepSchedulerId);
  await producer.schedule("sweep", { schedulerId: sweepSchedulerId, everySeconds, payload: {} });
  return pace === undefined;
}
