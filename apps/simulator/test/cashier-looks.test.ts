import { expect, test } from "vitest";

import type { Payment } from "../src/book/records.ts";
import { cashierPage } from "../src/pages/cashier-page.ts";
import { words } from "../src/pages/words.ts";
import type { Look } from "../src/vendors/vendor.ts";

const payment: Payment = {
  kind: "payment",
  provider: "shop-2",
  outTradeNo: "p1",
  transactionId: "t1",
  amount: "39.80",
  currency: "CNY",
  subject: "茶",
  notifyUrl: "http://127.0.0.1/callbacks/mock",
  expiresAt: "2026-03-01T00:30:00.000Z",
  createdAt: "2026-03-01T00:00:00.000Z",
  standing: { status: "NOTPAY" },
};
const paid: Payment = { ...payment, standing: { status: "SUCCESS", paid: "39.80", paidAt: payment.createdAt } };

async function pageOf(look: Look, shown: Payment, returnPath?: string): Promise<string> {
  const reading = { language: "en", words: words.en, address: new URL("http://127.0.0.1/cashier/shop-2/p1") } as const;
  const folder = { payment: shown, refunds: new Map(), notices: new Map() };
  const now = new Date(payment.createdAt);
  return (
    await cashierPage(reading, {
      folder,
      look,
      now,
      scripts: new Map(),
      run: undefined,
      refused: undefined,
      returnPath,
    })
  ).toString();
}

test.each([
  ["wechat", "微信支付"],
  ["alipay", "支付宝"],
  ["unionpay", "银联在线支付"],
  ["stripe", "Stripe"],
] as const)("the cashier of %s looks the part and names vendor and provider", async (look, name) => {
  const page = await pageOf(look, payment);

  expect(page).toContain(`<body class="look look-${look}">`);
  expect(page).toContain("test mode");
  expect(page).toContain(name);
  expect(page).toContain("· shop-2");
});

test("where the merchant wanted the buyer back is offered once it is paid", async () => {
  const extra = { returnUrl: "https://shop.example/thanks?x=1&y=2" };

  expect(await pageOf("unionpay", { ...payment, extra })).not.toContain("shop.example");
  expect(await pageOf("unionpay", { ...paid, extra })).toContain('href="https://shop.example/thanks?x=1&amp;y=2"');
  expect(await pageOf("unionpay", { ...paid, extra }, "/shop/orders/1")).not.toContain("shop.example");
});

test("an address back that is no web address is not offered", async () => {
  const page = await pageOf("unionpay", { ...paid, extra: { returnUrl: "javascript:alert(1)" } });

  expect(page).not.toContain("javascript:");
});
