import type { Producer } from "./producer.ts";

/** How often an order's timer comes back until the order has ended. */
export type BellOptions = { readonly recheckSeconds: number };

/** A notice that is to be settled, and what makes its job unique. */
export type NamedNotice = { readonly id: string; readonly provider: string; readonly eventKey: string };

/** Job ids are built here and nowhere else: `provider.eventKey` holds no colon and is never a bare number. */
function settleJob({ id, provider, eventKey }: NamedNotice) {
  return { jobId: `${provider}.${eventKey}`, payload: { callbackId: id } };
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
 * Makes sure that the pool's sweep comes round.
 *
 * @returns whether it had to be made: the queue is new, or was emptied.
 */
export async function ensureSweep(producer: Producer, everySeconds: number): Promise<boolean> {
  if (await producer.isScheduled("sweep", sweepSchedulerId)) return false;
  await producer.schedule("sweep", { schedulerId: sweepSchedulerId, everySeconds, payload: {} });
  return true;
}
