import { z } from "zod";

import { ask } from "./http.ts";
import type { System } from "./system.ts";

const answerSchema = z.object({
  deliveries: z.array(
    z.object({
      answer: z.looseObject({ kind: z.string(), status: z.int().optional() }).optional(),
    }),
  ),
});

/** What the simulator is told to do: see its README. */
export type Instruction = {
  readonly do: "pay" | "fail" | "close" | "notify";
  readonly amount?: string;
  readonly status?: string;
  readonly duplicates?: number;
  readonly late?: boolean;
  readonly forge?: boolean;
  readonly order?: "normal" | "reversed";
};

/** The buyer at the cashier, and whoever sends callbacks. Answers the HTTP status that each delivery got. */
export type Buyer = (outTradeNo: string, instruction: Instruction) => Promise<readonly number[]>;

export function openCashier({ simulatorUrl, provider }: System): Buyer {
  return async (outTradeNo, instruction) => {
    const url = `${simulatorUrl}/control/${provider}/payments/${outTradeNo}`;
    const { deliveries } = await ask({ method: "POST", url, body: instruction }, answerSchema);
    return deliveries.map(({ answer }) => answer?.status ?? 0);
  };
}
