import type { CallName, Misbehaviour } from "./misbehaviour.ts";

/** Beyond these the oldest are forgotten. */
const maximumArmed = 1_000;

export type PaymentName = { readonly provider: string; readonly outTradeNo: string };

export type Arming = { readonly call: CallName; readonly how: Misbehaviour; readonly times: number };

/** How the next calls about a payment are answered. Kept in memory alone: a restarted gateway is well again. */
export type Armed = {
  /** Takes the place of what was armed for the same call; `normal` only clears it. */
  readonly arm: (payment: PaymentName, arming: Arming) => void;
  readonly has: (payment: PaymentName, call: CallName) => boolean;
  /** Uses one up. */
  readonly take: (payment: PaymentName, call: CallName) => Misbehaviour;
  readonly isQuiet: () => boolean;
};

export function createArmed(): Armed {
  const armed = new Map<string, { readonly how: Misbehaviour; left: number }>();
  return {
    arm(payment, { call, how, times }) {
      armed.delete(key(payment, call));
      if (how === "normal") return;
      armed.set(key(payment, call), { how, left: times });
      const oldest = armed.keys().next();
      if (armed.size > maximumArmed && !oldest.done) armed.delete(oldest.value);
    },
    has: (payment, call) => armed.has(key(payment, call)),
    take(payment, call) {
      const found = armed.get(key(payment, call));
      if (found === undefined) return "normal";
      found.left -= 1;
      if (found.left <= 0) armed.delete(key(payment, call));
      return found.how;
    },
    isQuiet: () => armed.size === 0,
  };
}

/** Neither a provider id nor a call holds a slash. */
function key({ provider, outTradeNo }: PaymentName, call: CallName): string {
  return `${provider}/${call}/${outTradeNo}`;
}
