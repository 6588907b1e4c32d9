import type { Cashier } from "./buyer.ts";
import { lookAt, lookAtMoney, stockText } from "./look.ts";
import type { Payment, Shop, Wanted } from "./shop.ts";
import type { Facts, Step } from "./story-step.ts";

export const product = { name: "Dragon Well tea (demo) 龙井茶", price: "39.80", available: 100 } as const;
const oneFenLess = "39.79";
const duplicates = 20;
const ttlSeconds = 3;

type Open = { readonly orderId: string; readonly payment: Payment };

/**
 * The life of a payment, the good days and the bad ones. The steps share one product, so each states the stock that the
 * ones before it have left. The last ones pay once through each of the other providers that the simulator plays.
 */
export function tellStory(shop: Shop, cashier: Cashier, others: readonly string[]): readonly Step[] {
  const { play } = cashier;
  const lookLater = (orderId: string) => () => lookAt(shop, orderId);
  const startOrder = async (wanted: Wanted): Promise<Open> => {
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
        const answered = statuses(await play(payment, "forged"));
        return async () => ({ answered, ...(await lookAt(shop, orderId)) });
      },
    },
    {
      title: "Pay",
      done: "The real buyer pays at the cashier",
      expected: facts("paid", { payments: "succeeded", inbox: "SUCCESS → paid", stock: [98, 0, 2] }),
      play: async () => {
        const { orderId, payment } = present(forged);
        await play(payment, "pay");
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
        await play(payment, "pay");
        await play(second, "success-after-close");
        return lookLater(orderId);
      },
    },
    {
      title: "Charged twice",
      done: "The gateway takes the money twice under one number",
      expected: facts("paid", {
        payments: "succeeded",
        inbox: "SUCCESS → paid; SUCCESS → surplus_payment",
        exceptions: `surplus_payment ${product.price} open`,
        stock: [96, 0, 4],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        await play(payment, "pay-twice");
        return lookLater(orderId);
      },
    },
    {
      title: "Duplicate callbacks",
      done: `The notice and ${duplicates} copies arrive at once`,
      expected: facts("paid", {
        payments: "succeeded",
        inbox: `SUCCESS ×${duplicates + 1} → paid`,
        stock: [95, 0, 5],
        answered: `200 ×${duplicates + 1}`,
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        const answered = statuses(await play(payment, "duplicate"));
        return async () => ({ answered, ...(await lookAt(shop, orderId)) });
      },
    },
    {
      title: "Reordered callbacks",
      done: "USERPAYING and FAILED arrive after SUCCESS",
      expected: facts("paid", {
        payments: "succeeded",
        inbox: "FAILED → outranked; SUCCESS → paid; USERPAYING → outranked",
        stock: [94, 0, 6],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        await play(payment, "reorder");
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
        stock: [93, 1, 6],
      }),
      play: async () => {
        const { orderId, payment } = await startOrder({ quantity: 1 });
        await play(payment, "one-fen-short");
        return lookLater(orderId);
      },
    },
    {
      title: "Let one expire",
      done: `Nobody pays within ${ttlSeconds} s`,
      expected: {
        before: stockText({ free: 90, held: 4, sold: 6 }),
        ...facts("cancelled (expired)", { payments: "expired", stock: [93, 1, 6] }),
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
        stock: [93, 1, 6],
      }),
      play: async () => {
        const { orderId, payment } = present(expired);
        await play(payment, "late");
        return lookLater(orderId);
      },
    },
    ...others.map((provider, index) => payThrough(shop, cashier, { provider, index })),
  ];
}

/** One ordinary payment through a gateway with a protocol of its own. */
function payThrough(
  shop: Shop,
  { play, visit }: Cashier,
  other: { readonly provider: string; readonly index: number },
): Step {
  const { provider, index } = other;
  const { inbox: _, ...expected } = facts("paid", { payments: "succeeded", stock: [92 - index, 1, 7 + index] });
  return {
    title: `Pay through ${provider}`,
    done: "The buyer pays at another gateway",
    expected,
    play: async () => {
      const { orderId, payment } = await shop.place({ quantity: 1, provider });
      await visit(await shop.start(payment.id));
      await play(payment, "pay");
      return () => lookAtMoney(shop, orderId);
    },
  };
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

/** Each status once, with how often it came. */
export function statuses(answers: readonly number[]): string {
  const counts = Map.groupBy(answers, (status) => status);
  return [...counts].map(([status, { length }]) => `${status === 0 ? "no answer" : status} ×${length}`).join(", ");
}

function present(open: Open | undefined): Open {
  if (open === undefined) throw new Error("the step that this one builds on did not happen");
  return open;
}
