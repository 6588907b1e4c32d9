import type { LatePaymentPolicies, LatePaymentPolicy } from "@zhanggui/domain";

import { isCallable } from "./call-gateway.ts";
import type { Engine } from "./engine.ts";

/** What is done at once with money that an order cannot take. */
export type LateMoney = {
  /** Late money takes its order up again while its stock is there. */
  readonly revives: boolean;
  /** What no order takes goes back. Never where the gateway is not called: there a person has to do it. */
  readonly refunds: boolean;
};

export function lateMoneyOf(engine: Engine, provider: string): LateMoney {
  const policy = policyFor(engine.latePaymentPolicies, provider);
  return { revives: policy === "revive", refunds: policy !== "hold" && isCallable(engine, provider) };
}

function policyFor({ otherwise, byProvider }: LatePaymentPolicies, provider: string): LatePaymentPolicy {
  return (Object.hasOwn(byProvider, provider) ? byProvider[provider] : undefined) ?? otherwise;
}
