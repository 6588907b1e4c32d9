import { setTimeout as sleep } from "node:timers/promises";

import type { Cashier } from "./buyer.ts";
import { lookAt, stockText } from "./look.ts";
import type { Payment, Shop } from "./shop.ts";
import type { Facts, Step } from "./story-step.ts";

export const product = { name: "Dragon Well tea (demo) 龙井茶", price: "39.80", available: 100 } as const;
const oneFenLess = "39.79";
const duplicates = 20;
const ttlSeconds = 3;
const settlementPatienceMs = 10_000;
const pollMs = 50;

type Open = { readonly orderId: string; readonly payment: Payment };

/**
 * The life of a payment, the good days and the bad ones. The steps share one product, so each states the stock that the
 * ones before it have left.
 */
export function tellStory(shop: Shop, { pay, statusOf }: Cashier): readonly Step[] {
  const lookLater = (orderId: string) => () => lookAt(shop, orderId);
  const startOrder = async (wanted: { quantity: number; ttlSeconds?: number }): Promise<Open> => {
    const open = await shop.place(wanted);
    await shop.start(open.payment.id);
    return open;
  };
  // What later steps come back to.
  let forged: Open | undefined;
  let expired: Open | undefined;

  return [
    {
      title: "Place an order",
      done: "A buyer orders 2 pieces",
      expected: facts("pending", { payments: "init", stock: [98, 2, 0] }),
      play: async () => {
        forged = await shop.place({ quantity: 2 });
        return lookLater(forged.orderId);
      },
    },
    {
      title: "Forged callbacks",
      done: "Somebody claims payment 3 times with a wrong signature",
      expected: facts("pending", { payments: "processing", stock: [98, 2, 0], answered: "401 ×3" }),
      play: async () => {
        const { orderId, payment } = present(forged);
        await shop.start(payment.id);
        const answered = statuses(await pay(payment.outTradeNo, { do: "pay", forge: true, duplicates: 2 }));
        return async () => ({ answered, ...(await lookAt(shop, orderId)) });
      },
    },
    {
      title: "Pay",
      done: "The real buyer pays at the cashier",
      expected: facts("paid", { payments: "succeeded", inbox: "SUCCESS → paid", stock: [98, 0, 2] }),
      play: async () => {
        const { orderId, payment } = present(forged);
        await pay(payment.outTradeNo, { do: "pay" });
        return lookLater(orderId);
      },
    },
    {
      title: "Pay twice",
      done: "Two attempts at one order are both paid, the second after it was closed",
      expected: facts("paid", {
        payments: "succeeded, succeeded",
        inbox: "SUCCESS → paid; SUCCESS → surplus_payment",
        exceptions: `surplus_payment ${product.price} open`,
        stock: [97, 0, 3],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        const second = await shop.addPayment(orderId);
        await shop.start(second.id);
        await pay(payment.outTradeNo, { do: "pay" });
        await until(`attempt ${second.id} is closed`, async () => (await statusOf(second.outTradeNo)) === "CLOSED");
        await pay(second.outTradeNo, { do: "pay", late: true });
        return lookLater(orderId);
      },
    },
    {
      title: "Duplicate callbacks",
      done: `The notice and ${duplicates} copies arrive at once`,
      expected: facts("paid", {
        payments: "succeeded",
        inbox: `SUCCESS ×${duplicates + 1} → paid`,
        stock: [96, 0, 4],
        answered: `200 ×${duplicates + 1}`,
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        const answered = statuses(await pay(payment.outTradeNo, { do: "pay", duplicates }));
        return async () => ({ answered, ...(await lookAt(shop, orderId)) });
      },
    },
    {
      title: "Reordered callbacks",
      done: "USERPAYING and FAILED arrive after SUCCESS",
      expected: facts("paid", {
        payments: "succeeded",
        inbox: "FAILED → outranked; SUCCESS → paid; USERPAYING → outranked",
        stock: [95, 0, 5],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        await pay(payment.outTradeNo, { do: "pay" });
        await untilPaid(shop, orderId);
        await pay(payment.outTradeNo, { do: "notify", status: "USERPAYING" });
        await pay(payment.outTradeNo, { do: "notify", status: "FAILED" });
        return lookLater(orderId);
      },
    },
    {
      title: "Short-paid by one fen",
      done: `${oneFenLess} is paid for ${product.price}`,
      expected: facts("pending", {
        payments: "processing",
        inbox: "SUCCESS → amount_mismatch",
        exceptions: `amount_mismatch ${oneFenLess} open`,
        stock: [94, 1, 5],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        await pay(payment.outTradeNo, { do: "pay", amount: oneFenLess });
        return lookLater(orderId);
      },
    },
    {
      title: "Let one expire",
      done: `Nobody pays within ${ttlSeconds} s`,
      expected: {
        before: stockText({ free: 91, held: 4, sold: 5 }),
        ...facts("cancelled (expired)", { payments: "expired", stock: [94, 1, 5] }),
      },
      play: async () => {
        const open = await startOrder({ quantity: 3, ttlSeconds });
        expired = open;
        const { stock: before = "" } = await lookAt(shop, open.orderId);
        return async () => ({ before, ...(await lookAt(shop, open.orderId)) });
      },
    },
    {
      title: "Pay late",
      done: "The money comes after the order expired",
      expected: facts("cancelled (expired)", {
        payments: "succeeded",
        inbox: "SUCCESS → late_payment",
        exceptions: "late_payment 119.40 open",
        stock: [94, 1, 5],
      }),
      play: async () => {
        const { orderId, payment } = present(expired);
        await pay(payment.outTradeNo, { do: "pay", late: true });
        return lookLater(orderId);
      },
    },
  ];
}

type Expected = {
  readonly payments: string;
  readonly stock: readonly [free: number, held: number, sold: number];
  readonly inbox?: string;
  readonly exceptions?: string;
  readonly answered?: string;
};

function facts(
  order: string,
  { payments, stock: [free, held, sold], inbox = "nothing", exceptions = "none", answered }: Expected,
): Facts {
  const rest = { order, payments, inbox, exceptions, stock: stockText({ free, held, sold }) };
  return answered === undefined ? rest : { answered, ...rest };
}

/** Callbacks are settled side by side: what is to come after the success must be sent after it was settled. */
async function untilPaid(shop: Shop, orderId: string): Promise<void> {
  await until(`order ${orderId} is paid`, async () => (await shop.timeline(orderId)).order.status === "paid");
}

async function until(what: string, holds: () => Promise<boolean>): Promise<void> {
  const deadline = performance.now() + settlementPatienceMs;
  while (!(await holds())) {
    if (performance.now() >= deadline) throw new Error(`in vain: ${what}`);
    await sleep(pollMs);
  }
}

/** Each status once, with how often it came. */
export function statuses(answers: readonly number[]): string {
  const counts = Map.groupBy(answers, (status) => status);
  return [...counts].map(([status, { length }]) => `${status === 0 ? "no answer" : status} ×${length}`).join(", ");
}

function present(open: Open | undefined): Open {
  if (open === undefined) throw new Error("the step that this one builds on did not happen");
  return open;
}
