const minute = 60;
const redeliveries = 12;

/** Stripe publishes "up to three days with an exponential back off" and no gaps: doubling from a minute, 68 hours. */
export const ladderSeconds: readonly number[] = Array.from({ length: redeliveries }, (_, index) => minute * 2 ** index);
