import { setTimeout as sleep } from "node:timers/promises";

import type { Fields } from "../world/gateway.ts";
import type { Adversary } from "./adversary.ts";
import { type Return, type Taking, type Trade, flaws, yuanOf } from "./book.ts";
import { tellForged } from "./notices.ts";

/** What one payment comes to at the gateway, from the moment that the shop opened it. */
export type TradeStory = (by: Adversary, trade: Trade) => Promise<void>;

const soonMs = 600;
const copies = 3;

function noticeOf(trade: Pick<Trade, "outTradeNo">, taking: Taking, more: Fields = {}): Fields {
  return {
    out_trade_no: trade.outTradeNo,
    transaction_id: taking.transactionId,
    amount: yuanOf(taking.fen),
    ...(taking.currency === "CNY" ? {} : { currency: taking.currency }),
    status: "SUCCESS",
    ...more,
  };
}

const pause = (by: Adversary) => sleep(by.random.below(soonMs));
const untilExpired = (by: Adversary) => sleep(by.ttlMs + 500 + by.random.below(3_000));

async function payAndTell(by: Adversary, trade: Trade, taking: Taking): Promise<void> {
  await by.tell(trade, noticeOf(trade, taking));
}

function told(fen: (asked: number) => number): TradeStory {
  return async (by, trade) => {
    await pause(by);
    await payAndTell(by, trade, by.take(trade, fen(trade.asked)));
  };
}

const honest: TradeStory = told((asked) => asked);

/** Each story by what it does; drawn evenly, so the ones that stand here twice come twice as often. */
export const tradeStories: readonly [readonly [string, TradeStory], ...(readonly [string, TradeStory])[]] = [
  ["honest", honest],
  ["honest", honest],
  ["never paid", async () => undefined],
  ["never paid", async () => undefined],
  [
    "no callback ever",
    async (by, trade) => {
      await pause(by);
      by.take(trade);
    },
  ],
  [
    "paid in time, told after the expiry, and queries said unpaid",
    async (by, trade) => {
      await pause(by);
      trade.says = { status: "NOTPAY" };
      const taking = by.take(trade);
      trade.onClose = () => "SUCCESS";
      await untilExpired(by);
      trade.says = undefined;
      await payAndTell(by, trade, taking);
    },
  ],
  [
    "pays while being closed: PAID",
    async (by, trade) => {
      trade.onClose = () => {
        by.take(trade);
        return "PAID";
      };
    },
  ],
  [
    "says closed, and takes the money all the same",
    async (by, trade) => {
      trade.onClose = () => {
        by.later(async () => {
          await sleep(by.random.below(2_000));
          await payAndTell(by, trade, by.take(trade));
        });
        return "SUCCESS";
      };
    },
  ],
  [
    "says closed, takes the money, and tells it only to who asks",
    async (by, trade) => {
      trade.onClose = () => {
        by.later(async () => {
          await sleep(by.random.below(2_000));
          by.take(trade);
        });
        return "SUCCESS";
      };
    },
  ],
  [
    "does not know the number, and takes money under it",
    async (by, trade) => {
      trade.says = "NOT_FOUND";
      await sleep(by.ttlMs / 2 + by.random.below(by.ttlMs));
      trade.says = undefined;
      await payAndTell(by, trade, by.take(trade));
    },
  ],
  [
    "does not know the number for a while, and tells nothing of its money",
    async (by, trade) => {
      trade.says = "NOT_FOUND";
      await untilExpired(by);
      by.take(trade);
      trade.says = undefined;
    },
  ],
  [
    "two transactions for one number",
    async (by, trade) => {
      const [first, second] = [by.take(trade), by.take(trade)];
      await Promise.all([payAndTell(by, trade, first), payAndTell(by, trade, second)]);
    },
  ],
  ["short by one fen", told((asked) => asked - 1)],
  ["a hundred times as much", told((asked) => asked * 100)],
  ["a hundredth", told((asked) => Math.max(1, Math.floor(asked / 100)))],
  [
    "another currency",
    async (by, trade) => {
      await pause(by);
      await payAndTell(by, trade, by.take(trade, trade.asked, "USD"));
    },
  ],
  [
    "failed, then paid",
    async (by, trade) => {
      await by.tell(trade, { out_trade_no: trade.outTradeNo, amount: yuanOf(trade.asked), status: "FAILED" });
      await pause(by);
      await payAndTell(by, trade, by.take(trade));
    },
  ],
  [
    "failed, then paid without a word",
    async (by, trade) => {
      await by.tell(trade, { out_trade_no: trade.outTradeNo, amount: yuanOf(trade.asked), status: "PAYERROR" });
      await pause(by);
      by.take(trade);
    },
  ],
  [
    "paid, then failed and closed and expired",
    async (by, trade) => {
      const taking = by.take(trade);
      await payAndTell(by, trade, taking);
      for (const status of ["FAILED", "CLOSED", "EXPIRED", "NOTPAY"])
        await by.tell(trade, noticeOf(trade, taking, { status }));
    },
  ],
  [
    "everything at once, in any order, in copies",
    async (by, trade) => {
      const taking = by.take(trade);
      const said = ["SUCCESS", "NOTPAY", "FAILED", "trade_success", "CLOSED", "SUCCESS"];
      const notices = said.flatMap((status) =>
        Array.from({ length: copies }, () => noticeOf(trade, taking, { status })),
      );
      await Promise.all(notices.toSorted(() => by.random.next() - 0.5).map((fields) => by.tell(trade, fields)));
    },
  ],
  [
    "forged notices, and no money",
    async (by, trade) => {
      const forged = { transactionId: `forged-${trade.outTradeNo}`, fen: trade.asked, currency: "CNY" };
      const status = await tellForged(trade.notifyUrl, noticeOf(trade, forged)).catch(() => 401);
      if (status < 400 || status >= 500) by.complaints.push(`a forged notice was answered ${status}`);
    },
  ],
  [
    "money for a number of nobody",
    async (by, trade) => {
      const foreign = by.openForeign(trade.provider, `nobody${trade.outTradeNo.slice(-16)}`);
      await payAndTell(by, foreign, by.take(foreign, trade.asked));
    },
  ],
  [
    "the notice states less than the query",
    async (by, trade) => {
      const taking = by.take(trade);
      await by.tell(trade, noticeOf(trade, taking, { amount: yuanOf(taking.fen - 1) }));
    },
  ],
  [
    "answers badly until it answers well",
    async (by, trade) => {
      trade.flaws.push(...flaws.filter((flaw) => flaw !== "stall").toSorted(() => by.random.next() - 0.5));
      await pause(by);
      by.take(trade);
    },
  ],
  [
    "stalls, and the answer to pay is lost",
    async (by, trade) => {
      trade.flaws.push("cut", "cut", "stall");
      await pause(by);
      await payAndTell(by, trade, by.take(trade));
    },
  ],
  [
    "the answer to pay is lost, and queries stall after the money came",
    async (by, trade) => {
      trade.flaws.push("cut", "cut", "stall", "broken");
      await pause(by);
      by.take(trade);
    },
  ],
  [
    "paid late, and told",
    async (by, trade) => {
      await untilExpired(by);
      await payAndTell(by, trade, by.take(trade));
    },
  ],
  [
    "paid late, and told",
    async (by, trade) => {
      await untilExpired(by);
      await payAndTell(by, trade, by.take(trade));
    },
  ],
  [
    "refunded in its own console before the payment was told",
    async (by, trade) => {
      const taking = by.take(trade);
      const back = inConsole(trade, taking.fen);
      trade.returns.push(back);
      await by.tell(trade, refundNoticeOf(trade, taking, back));
      await pause(by);
      await payAndTell(by, trade, taking);
    },
  ],
  [
    "paid, and partly refunded in its own console",
    async (by, trade) => {
      const taking = by.take(trade);
      await payAndTell(by, trade, taking);
      await pause(by);
      const fen = Math.max(1, Math.floor(taking.fen / 3));
      const back = inConsole(trade, fen);
      trade.returns.push(back);
      await by.tell(trade, refundNoticeOf(trade, taking, back));
      await by.tell(trade, refundNoticeOf(trade, taking, back));
    },
  ],
];

function inConsole({ outTradeNo, notifyUrl }: Trade, fen: number): Return {
  const outRefundNo = `console-${outTradeNo.slice(-16)}`;
  return { outRefundNo, fen, story: "in the console", status: "SUCCESS", flaws: [], notifyUrl };
}

type Back = { readonly outRefundNo: string; readonly fen: number; readonly status: string };

function refundNoticeOf(trade: Pick<Trade, "outTradeNo">, taking: Taking, back: Back): Fields {
  return {
    out_trade_no: trade.outTradeNo,
    transaction_id: taking.transactionId,
    amount: yuanOf(taking.fen),
    ...(taking.currency === "CNY" ? {} : { currency: taking.currency }),
    out_refund_no: back.outRefundNo,
    refund_id: `gateway-${back.outRefundNo}`,
    refund_amount: yuanOf(back.fen),
    refund_status: back.status,
  };
}
