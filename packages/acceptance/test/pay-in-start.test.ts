import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { openBrowser, type Page } from "./world/browser.ts";
import { eventually } from "./world/eventually.ts";
import { ask } from "./world/http.ts";
import { operator, viewer } from "./world/shop.ts";
import { type StartedSystem, startSystem } from "./world/start.ts";
import { backends } from "./world/world.ts";

/** The development accounts of `start`, and the way that each leads from the order to its cashier. */
const methods = [
  ["mock", "straight"],
  ["hmac", "straight"],
  ["wechat", "over a QR code"],
  ["alipay", "over a QR code"],
  ["unionpay", "over a signed form"],
  ["stripe", "straight"],
] as const;

type Way = (typeof methods)[number][1];

describe.each(backends)("in a start with the queue in %s", (backend) => {
  let system: StartedSystem;

  beforeAll(async () => {
    system = await startSystem(backend);
  });

  afterAll(async () => {
    expect(await system.stop(), "exit code after SIGTERM").toBe(0);
  });

  test.each(methods)("a person pays with %s, %s, and gets the money back", async (provider, way) => {
    const catalogue = await openBrowser().open(`${system.simulatorUrl}/shop`);
    const unpaid = await catalogue.press(".product button:not([disabled])", { provider });
    expect(shownStatus(unpaid)).toBe("Awaiting payment");

    const cashier = await goToCashier(unpaid, way);
    const orderId = unpaid.url.pathname.split("/").at(-1);
    const paidThere = await cashier.press('button[name="do"][value="pay"]');
    const back = await paidThere.follow("a.back");

    expect(cashier.url.pathname).toMatch(new RegExp(`^/cashier/${provider}/`));
    expect(paidThere.html.querySelector(".standing.good")?.text).toContain("Paid");
    expect(back.url.pathname).toBe(unpaid.url.pathname);
    await eventually(async () => expect(shownStatus(await back.reload())).toBe("Paid"));
    const paid = await timelineOf(orderId);
    expect(paid.order.status).toBe("paid");
    expect(paid.payments).toMatchObject([{ provider, status: "succeeded", amount: paid.order.amount }]);
    expect(paid.callbacks.map(({ outcome }: { outcome: string }) => outcome)).toEqual(["paid"]);
    expect(paid.exceptions).toEqual([]);

    const refund = await ask(system.apiUrl, "POST", `/admin/orders/${orderId}/refund`, {
      token: operator,
      json: { reason: "acceptance" },
    });
    expect(refund.status, refund.text).toBeLessThan(300);
    await eventually(async () => expect(shownStatus(await back.reload())).toBe("Refunded"));
    const refunded = await timelineOf(orderId);
    expect(refunded.order.status).toBe("refunded");
    expect(refunded.refunds).toMatchObject([{ status: "succeeded", amount: paid.order.amount }]);
  });

  async function timelineOf(orderId: string | undefined) {
    const { status, body } = await ask(system.apiUrl, "GET", `/admin/orders/${orderId}`, { token: viewer });
    expect(status).toBe(200);
    return body;
  }
});

async function goToCashier(order: Page, way: Way): Promise<Page> {
  const started = await order.press('form[action$="/start"] button');
  switch (way) {
    case "straight":
      return started;
    case "over a QR code":
      expect(started.html.querySelector(".qr svg")).not.toBeNull();
      return started.follow(".scan a.button");
    case "over a signed form":
      return started.press(".scan form button");
  }
}

function shownStatus(page: Page): string | undefined {
  return page.html.querySelector("header .badge")?.text;
}
