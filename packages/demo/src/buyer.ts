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

const paymentSchema = z.object({ payment: z.looseObject({ status: z.string() }) });

/** The gateway as the buyer, and whoever else sends callbacks, meets it. */
export type Cashier = {
  /** Answers the HTTP status that each delivery got. */
  readonly pay: (outTradeNo: string, instruction: Instruction) => Promise<readonly number[]>;
  /** The gateway's own word for how a payment stands. */
  readonly statusOf: (outTradeNo: string) => Promise<string>;
};

export function openCashier({ simulatorUrl, provider }: System): Cashier {
  const urlOf = (outTradeNo: string) => `${simulatorUrl}/control/${provider}/payments/${outTradeNo}`;
  return {
    pay: async (outTradeNo, instruction) => {
      const { deliveries } = await ask({ method: "POST", url: urlOf(outTradeNo), body: instruction }, answerSchema);
      return deliveries.map(({ answer }) => answer?.status ?? 0);
    },
    statusOf: async (outTradeNo) => {
      const { payment } = await ask({ method: "GET", url: urlOf(outTradeNo) }, paymentSchema);
      return payment.status;
    },
  };
}
