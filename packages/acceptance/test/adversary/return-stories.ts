import { setTimeout as sleep } from "node:timers/promises";

import type { Fields } from "../world/gateway.ts";
import type { Adversary } from "./adversary.ts";
import { type Return, type Trade, yuanOf } from "./book.ts";

/** What one refund comes to at the gateway. What it sets before its first pause is in the answer to the call. */
export type ReturnStory = (by: Adversary, trade: Trade, back: Return) => Promise<void>;

const slowMs = 3_000;
/** So long after a refusal was answered it is not true any more. */
const saidMs = 20;

function tell(by: Adversary, trade: Trade, back: Return, status: string = back.status): Promise<void> {
  const fields: Fields = {
    out_trade_no: trade.outTradeNo,
    out_refund_no: back.outRefundNo,
    refund_id: `gateway-${back.outRefundNo}`,
    refund_amount: yuanOf(back.fen),
    refund_status: status,
    ...(trade.takings.every(({ currency }) => currency === "CNY") ? {} : { currency: "USD" }),
  };
  return by.tell({ provider: trade.provider, notifyUrl: back.notifyUrl }, fields);
}

const atOnce: ReturnStory = async (_by, _trade, back) => {
  back.status = "SUCCESS";
};

export const returnStories: readonly [readonly [string, ReturnStory], ...(readonly [string, ReturnStory])[]] = [
  ["at once", atOnce],
  ["at once", atOnce],
  ["at once", atOnce],
  [
    "slow, and told",
    async (by, trade, back) => {
      await sleep(by.random.below(slowMs));
      back.status = "SUCCESS";
      await tell(by, trade, back);
    },
  ],
  [
    "slow, and never told",
    async (by, _trade, back) => {
      await sleep(by.random.below(slowMs));
      back.status = "SUCCESS";
    },
  ],
  [
    "the answer is lost",
    async (_by, _trade, back) => {
      back.status = "SUCCESS";
      back.flaws.push("cut");
    },
  ],
  [
    "told before it is answered, again and again, and contradicted",
    async (by, trade, back) => {
      back.status = "SUCCESS";
      back.flaws.push("stall");
      await Promise.all([tell(by, trade, back), tell(by, trade, back), tell(by, trade, back, "PROCESSING")]);
      await tell(by, trade, back, "FAIL");
    },
  ],
  [
    "refused",
    async (by, trade, back) => {
      back.status = "FAIL";
      await sleep(by.random.below(slowMs));
      await tell(by, trade, back);
    },
  ],
  [
    "refused, and given back all the same without a word",
    async (_by, _trade, back) => {
      back.status = "FAIL";
      // Before a person can have read of the refusal: who says so a second time, when asked again, is believed.
      await sleep(saidMs);
      back.status = "SUCCESS";
    },
  ],
  [
    "closed",
    async (by, trade, back) => {
      await sleep(by.random.below(slowMs));
      back.status = "CLOSED";
      await tell(by, trade, back);
    },
  ],
  [
    "abnormal, then it reaches the buyer",
    async (by, trade, back) => {
      back.status = "ABNORMAL";
      await sleep(slowMs);
      back.status = "SUCCESS";
      await tell(by, trade, back);
    },
  ],
  [
    "abnormal, then it reaches the buyer without a word",
    async (_by, _trade, back) => {
      back.status = "ABNORMAL";
      await sleep(slowMs);
      back.status = "SUCCESS";
    },
  ],
  [
    "answers badly until it answers well",
    async (_by, _trade, back) => {
      back.status = "SUCCESS";
      back.flaws.push("garbage");
    },
  ],
];
