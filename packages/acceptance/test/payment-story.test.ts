import { setTimeout as sleep } from "node:timers/promises";

import { afterAll, beforeAll, describe, expect, test } from "vitest";

import { eventually } from "./world/eventually.ts";
import { asForm, asJson, secrets, signed, signatureOf } from "./world/gateway.ts";
import { ask } from "./world/http.ts";
import {
  admin,
  customer,
  deliver,
  newTransactionId,
  notice,
  operator,
  place,
  product,
  standing,
  stockOf,
  tell,
  timeline,
  viewer,
} from "./world/shop.ts";
import { backends, hastySeconds, startWorld, type World } from "./world/world.ts";

const expiryPatienceMs = 2_000;

describe.each(backends)("with the queue in %s", (backend) => {
  let world: World;

  beforeAll(async () => {
    world = await startWorld(backend);
  });

  afterAll(async () => {
    const { looks, wrong } = await world.stock.stop();
    const codes = await world.stop();
    expect(wrong, "available + reserved + sold changed").toEqual([]);
    expect(looks).toBeGreaterThan(5);
    expect(codes, "exit codes after SIGTERM").toEqual([0, 0, 0]);
  });

  const exceptionsOf = async (orderId: string) => (await timeline(world, orderId)).exceptions;

  test("an order is paid by a JSON callback with Chinese values, and every amount and count is exact", async () => {
    const sku = await product(world, 10, "19.90");

    const placed = await place(world, sku, { quantity: 2 });

    expect(placed.amount).toBe("39.80");
    expect(await stockOf(world, sku)).toEqual({ available: 8, reserved: 2, sold: 0 });
    const fresh = await standing(world, placed);
    expect(fresh.order).toMatchObject({ status: "pending", amount: "39.80", currency: "CNY" });
    expect(fresh.order.items).toEqual([{ sku, name: "龙井 绿茶", unitPrice: "19.90", quantity: 2 }]);
    expect(fresh.payments).toMatchObject([{ id: placed.paymentId, status: "init", amount: "39.80" }]);
    expect(fresh.refunds).toEqual([]);

    const start = () => ask(world.url, "POST", `/payments/${placed.paymentId}/start`, { token: placed.customer });
    const started = await start();
    expect(started.status).toBe(200);
    expect(started.body).toMatchObject({ payment: { status: "processing" }, action: { type: "none" } });
    expect((await start()).body).toEqual(started.body);

    const paid = notice(placed, "SUCCESS", { subject: "龙井 绿茶 & 杯子=2 +%", buyer: "张三" });
    await tell(world, paid);

    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
    const settled = await standing(world, placed);
    expect(settled.payments).toMatchObject([
      { status: "succeeded", transactionId: paid["transaction_id"], amount: "39.80" },
    ]);
    expect(Date.parse(settled.order.paidAt)).toBeGreaterThanOrEqual(Date.parse(settled.order.createdAt));
    expect(await stockOf(world, sku)).toEqual({ available: 8, reserved: 0, sold: 2 });
    const attempt = await ask(world.url, "GET", `/payments/${placed.paymentId}`, { token: placed.customer });
    expect(attempt.body.payment).toEqual(settled.payments[0]);
  });

  test("a form callback with Chinese values pays, and a gateway's previous secret still does", async () => {
    const sku = await product(world, 5);
    const [first, second] = [await place(world, sku), await place(world, sku, { provider: "pay" })];
    const facts = { out_trade_no: second.outTradeNo, transaction_id: newTransactionId(), amount: second.amount };

    const form = await deliver(world, asForm(notice(first, "trade_success", { body: "两 包 茶+糖 100% & more" })));
    const rotated = signed({ ...facts, status: "TRADE_FINISHED", 备注: "中文名" }, secrets.payBefore);
    const old = await deliver(world, asForm(rotated), "pay");

    expect([form.text, old.text]).toEqual(['{"code":"SUCCESS"}', '{"code":"SUCCESS"}']);
    for (const placed of [first, second]) {
      await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
    }
  });

  test("twenty copies at once settle once", async () => {
    const sku = await product(world, 5);
    const placed = await place(world, sku, { quantity: 3 });
    const paid = asJson(notice(placed, "SUCCESS"));

    const answers = await Promise.all(Array.from({ length: 20 }, () => deliver(world, paid)));

    expect(new Set(answers.map(({ status, text }) => `${status} ${text}`))).toEqual(
      new Set(['200 {"code":"SUCCESS"}']),
    );
    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
    await sleep(500);
    const seen = await timeline(world, placed.orderId);
    expect(seen.callbacks).toHaveLength(1);
    expect(seen.callbacks[0].state).toBe("processed");
    expect(seen.exceptions).toEqual([]);
    expect(await stockOf(world, sku)).toEqual({ available: 2, reserved: 0, sold: 3 });
  });

  test("failed and then success of the same transaction ends paid, and a late failure never lowers it", async () => {
    const sku = await product(world, 5);
    const placed = await place(world, sku);
    const transaction = { transaction_id: newTransactionId() };

    await tell(world, notice(placed, "FAILED", transaction));
    await eventually(async () => expect((await standing(world, placed)).payments[0].status).toBe("failed"));
    await tell(world, notice(placed, "SUCCESS", transaction));
    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
    for (const status of ["whatever", "CLOSED", "EXPIRED", "NOTPAY"]) {
      await tell(world, notice(placed, status, transaction));
    }

    await eventually(async () => {
      const { callbacks } = await timeline(world, placed.orderId);
      expect(callbacks.map(({ state }: { state: string }) => state)).not.toContain("received");
      expect(callbacks.length).toBeGreaterThanOrEqual(5);
    });
    const { order, payments } = await standing(world, placed);
    expect([order.status, payments[0].status]).toEqual(["paid", "succeeded"]);
    expect(await stockOf(world, sku)).toEqual({ available: 4, reserved: 0, sold: 1 });
  });

  test("what is forged, stale, ambiguous, oversized or of the wrong type is refused without a trace", async () => {
    const sku = await product(world, 5);
    const placed = await place(world, sku);
    const right = notice(placed, "SUCCESS");
    const counted = async () => {
      const all = await ask(world.url, "GET", "/admin/callbacks?limit=100", { token: viewer });
      const cases = await ask(world.url, "GET", "/admin/exceptions?limit=100", { token: viewer });
      return { callbacks: all.body.callbacks.length, newest: all.body.callbacks[0]?.id, cases: cases.body.exceptions };
    };
    const before = { ...(await counted()), standing: await standing(world, placed), stock: await stockOf(world, sku) };
    const json = "application/json";
    const form = "application/x-www-form-urlencoded";
    const text = JSON.stringify(right);
    const resigned = (fields: Record<string, string>) =>
      JSON.stringify({ ...fields, sign: signatureOf(fields, secrets.mock) });
    const old = String(Math.floor(Date.now() / 1000) - 301);
    const early = String(Math.floor(Date.now() / 1000) + 310);

    const hostile: readonly (readonly [string, string, string, readonly number[]])[] = [
      ["no signature", json, JSON.stringify({ ...right, sign: "" }), [401]],
      ["another secret", json, JSON.stringify(signed(right, secrets.pay)), [401]],
      ["another amount", json, JSON.stringify({ ...right, amount: "0.01" }), [401]],
      ["upper-case signature", json, JSON.stringify({ ...right, sign: right["sign"]?.toUpperCase() }), [401]],
      ["signature of another length", json, JSON.stringify({ ...right, sign: `${right["sign"]}00` }), [401]],
      ["stale", json, JSON.stringify(notice(placed, "SUCCESS", { timestamp: old })), [400, 401]],
      ["from the future", json, JSON.stringify(notice(placed, "SUCCESS", { timestamp: early })), [400, 401]],
      ["no time at all in its timestamp", json, resigned({ ...right, timestamp: "yesterday" }), [400, 401]],
      ["a name twice, JSON", json, text.replace('"amount"', '"amount":"0.01","amount"'), [400]],
      ["an escaped name twice", json, text.replace('"amount"', '"am\\u006funt":"0.01","amount"'), [400]],
      ["a name twice, form", form, `${new URLSearchParams(right).toString()}&amount=0.01`, [400]],
      ["a number", json, text.replace(`"${placed.amount}"`, placed.amount), [400]],
      ["nested", json, JSON.stringify({ ...right, more: { a: "b" } }), [400]],
      ["a list", json, JSON.stringify([right]), [400]],
      ["null", json, "null", [400]],
      ["text", json, '"SUCCESS"', [400]],
      ["no JSON", json, text.slice(1), [400]],
      ["nothing", json, "", [400]],
      ["__proto__", json, text.replace("{", '{"__proto__":"x",'), [400]],
      ["__proto__ with an object", json, text.replace("{", '{"__proto__":{"status":"SUCCESS"},'), [400]],
      ["constructor", form, `${new URLSearchParams(right).toString()}&constructor=x`, [400]],
      ["broken escapes", form, `${new URLSearchParams(right).toString()}&a=%zz`, [400]],
      ["XML", "text/xml", "<xml></xml>", [400, 415]],
      ["no type", "", text, [400, 415]],
      ["too large", json, JSON.stringify({ ...right, more: "x".repeat(65_536) }), [413]],
      ["no amount", json, resigned({ out_trade_no: placed.outTradeNo, transaction_id: "t", status: "SUCCESS" }), [400]],
      ["a negative amount", json, JSON.stringify(notice(placed, "SUCCESS", { amount: "-19.90" })), [400]],
      ["an exponent", json, JSON.stringify(notice(placed, "SUCCESS", { amount: "1.99e1" })), [400]],
      ["three decimals", json, JSON.stringify(notice(placed, "SUCCESS", { amount: "19.900" })), [400]],
      ["success without a transaction", json, JSON.stringify(notice(placed, "SUCCESS", { transaction_id: "" })), [400]],
    ];
    for (const [name, contentType, body, statuses] of hostile) {
      const answer = await ask(world.url, "POST", "/callbacks/mock", {
        raw: Buffer.from(body),
        ...(contentType === "" ? {} : { headers: { "content-type": contentType } }),
      });
      expect(statuses, `${name}: ${answer.status} ${answer.text}`).toContain(answer.status);
      expect(answer.body, name).toEqual({ code: "FAIL", message: expect.any(String) });
    }
    const nobody = await deliver(world, asJson(right), "nobody");

    expect(nobody.status).toBe(404);
    await sleep(300);
    const after = { ...(await counted()), standing: await standing(world, placed), stock: await stockOf(world, sku) };
    expect(after).toEqual(before);
    await tell(world, right);
    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
  });

  test("forty buyers of the last piece: one order", async () => {
    const sku = await product(world, 1);

    const answers = await Promise.all(
      Array.from({ length: 40 }, (_, at) =>
        ask(world.url, "POST", "/orders", {
          token: customer(`buyer ${at}`),
          json: { items: [{ sku, quantity: 1 }], provider: "mock" },
        }),
      ),
    );

    expect(answers.filter(({ status }) => status === 201)).toHaveLength(1);
    const refused = answers.filter(({ status }) => status !== 201);
    expect(new Set(refused.map(({ status, body }) => `${status} ${body.code}`))).toEqual(new Set(["409 out_of_stock"]));
    expect(await stockOf(world, sku)).toEqual({ available: 0, reserved: 1, sold: 0 });
  });

  test("an order of several lines reserves all of them or none", async () => {
    const [plenty, scarce] = [await product(world, 10, "0.10"), await product(world, 1, "999.99")];
    const order = (quantity: number) =>
      ask(world.url, "POST", "/orders", {
        token: customer("the buyer"),
        json: {
          items: [
            { sku: scarce, quantity },
            { sku: plenty, quantity: 3 },
          ],
          provider: "mock",
        },
      });

    expect((await order(2)).status).toBe(409);
    expect(await stockOf(world, plenty)).toEqual({ available: 10, reserved: 0, sold: 0 });
    const placed = await order(1);

    expect(placed.body.order.amount).toBe("1000.29");
    expect(await stockOf(world, plenty)).toEqual({ available: 7, reserved: 3, sold: 0 });
    const cancelled = await ask(world.url, "POST", `/orders/${placed.body.order.id}/cancel`, {
      token: customer("the buyer"),
    });
    expect(cancelled.body.order.status).toBe("cancelled");
    expect(await stockOf(world, plenty)).toEqual({ available: 10, reserved: 0, sold: 0 });
    expect(await stockOf(world, scarce)).toEqual({ available: 1, reserved: 0, sold: 0 });
  });

  test("an idempotency key answers the same to all who come at once, and refuses another body", async () => {
    const sku = await product(world, 30);
    const order = (quantity: number, as = "the idempotent buyer") =>
      ask(world.url, "POST", "/orders", {
        token: customer(as),
        headers: { "idempotency-key": "key-1" },
        json: { items: [{ sku, quantity }], provider: "mock" },
      });

    const answers = await Promise.all(Array.from({ length: 20 }, () => order(1)));
    const other = await order(2);
    const stranger = await order(1, "another buyer");

    for (const { status, body } of answers) {
      expect(status).toBe(201);
      expect(body).toEqual(answers[0]?.body);
    }
    expect([other.status, other.body.code]).toEqual([409, "idempotency_conflict"]);
    expect(stranger.status).toBe(201);
    expect(stranger.body.order.id).not.toBe(answers[0]?.body.order.id);
    expect(await stockOf(world, sku)).toEqual({ available: 28, reserved: 2, sold: 0 });
  });

  test("a stranger's order is not there, and admin routes ask for their role", async () => {
    const sku = await product(world, 5);
    const placed = await place(world, sku);
    const stranger = customer("a stranger");
    const { orderId, paymentId } = placed;

    const own: readonly (readonly [string, string, unknown?])[] = [
      ["GET", `/orders/${orderId}`],
      ["GET", `/orders/${orderId}/events`],
      ["POST", `/orders/${orderId}/cancel`],
      ["POST", `/orders/${orderId}/payments`, { provider: "mock" }],
      ["GET", `/payments/${paymentId}`],
      ["POST", `/payments/${paymentId}/start`],
    ];
    for (const [method, path, json] of own) {
      const more = json === undefined ? {} : { json };
      expect((await ask(world.url, method, path, { token: stranger, ...more })).status, path).toBe(404);
      expect((await ask(world.url, method, path, more)).status, path).toBe(401);
    }
    const list = await ask(world.url, "GET", "/orders", { token: stranger });
    expect(list.body).toEqual({ orders: [], nextCursor: null });

    const reads = ["products", "orders", `orders/${orderId}`, "callbacks", "jobs", "exceptions", "audit", "metrics"];
    for (const path of reads) {
      const asked = async (token?: string) => (await ask(world.url, "GET", `/admin/${path}`, { token })).status;
      expect(await asked(), path).toBe(401);
      expect(await asked(stranger), path).toBe(403);
      expect(await asked(viewer), path).toBe(path === "products" ? 403 : 200);
      expect(await asked(admin), path).toBe(200);
    }
    const ship = (token: string) => ask(world.url, "POST", `/admin/orders/${orderId}/ship`, { token, json: {} });
    expect((await ship(viewer)).status).toBe(403);
    expect((await ship(operator)).status).toBe(409);
    const json = { name: "x", price: "1.00", available: 1 };
    expect((await ask(world.url, "PUT", "/admin/products/x", { token: operator, json })).status).toBe(403);
  });

  test("an unpaid order expires within two seconds of its deadline, once, and says so to who tries to pay", async () => {
    const sku = await product(world, 10);
    const orders = await Promise.all(Array.from({ length: 6 }, () => place(world, sku, { base: world.hastyUrl })));
    for (const { paymentId, customer: token } of orders.slice(0, 3)) {
      await ask(world.url, "POST", `/payments/${paymentId}/start`, { token });
    }

    const seen = await Promise.all(
      orders.map((placed) =>
        eventually(
          async () => {
            const { order, payments } = await standing(world, placed);
            expect(order.status).toBe("cancelled");
            return { order, payments, at: Date.now() };
          },
          hastySeconds * 1000 + 5_000,
        ),
      ),
    );

    for (const [index, { order, payments, at }] of seen.entries()) {
      const deadline = Date.parse(order.expiresAt);
      expect(deadline - Date.parse(order.createdAt)).toBe(hastySeconds * 1000);
      expect(at).toBeGreaterThanOrEqual(deadline);
      expect(at - deadline, `order ${index} expired late`).toBeLessThanOrEqual(expiryPatienceMs);
      expect(Date.parse(order.cancelledAt)).toBeGreaterThanOrEqual(deadline);
      expect(payments[0].status).toBe("expired");
    }
    const [first] = orders;
    if (first === undefined) throw new Error("no order");
    const attempt = await ask(world.url, "POST", `/orders/${first.orderId}/payments`, {
      token: first.customer,
      json: { provider: "mock" },
    });
    expect(attempt.status).toBe(409);
    expect(["order_expired", "order_not_payable"]).toContain(attempt.body.code);
    expect((await ask(world.url, "POST", `/payments/${first.paymentId}/start`, { token: first.customer })).status).toBe(
      409,
    );
    // The timer and the sweep come round a few more times.
    await sleep(3_000);
    expect(await stockOf(world, sku)).toEqual({ available: 10, reserved: 0, sold: 0 });
    const entries = (await timeline(world, first.orderId)).audit.filter(
      ({ before, after }: { before: { status?: string } | null; after: { status?: string } | null }) =>
        before?.status === "pending" && after?.status === "cancelled",
    );
    expect(entries).toHaveLength(1);
  });

  test("a success after the expiry is booked, and a person is asked", async () => {
    const sku = await product(world, 3);
    const placed = await place(world, sku, { base: world.hastyUrl });
    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("cancelled"), 8_000);

    await tell(world, notice(placed, "SUCCESS"));

    await eventually(async () => expect((await standing(world, placed)).payments[0].status).toBe("succeeded"));
    expect((await standing(world, placed)).order.status).toBe("cancelled");
    const cases = await exceptionsOf(placed.orderId);
    expect(cases).toMatchObject([
      { kind: "late_payment", state: "open", amount: placed.amount, orderId: placed.orderId },
    ]);
    expect(cases[0].paymentId).toBe(placed.paymentId);
    expect(await stockOf(world, sku)).toEqual({ available: 3, reserved: 0, sold: 0 });
  });

  test("two attempts that were both paid: one pays the order, the other is surplus", async () => {
    const sku = await product(world, 3);
    const placed = await place(world, sku);
    const second = await ask(world.url, "POST", `/orders/${placed.orderId}/payments`, {
      token: placed.customer,
      json: { provider: "mock" },
    });
    expect(second.status).toBe(201);
    const { outTradeNo, amount } = second.body.payment;
    expect(outTradeNo).not.toBe(placed.outTradeNo);

    await Promise.all([tell(world, notice(placed, "SUCCESS")), tell(world, notice({ outTradeNo, amount }, "SUCCESS"))]);

    await eventually(async () => {
      const { order, payments } = await standing(world, placed);
      expect(order.status).toBe("paid");
      expect(payments.map(({ status }: { status: string }) => status)).toEqual(["succeeded", "succeeded"]);
    });
    expect(await exceptionsOf(placed.orderId)).toMatchObject([{ kind: "surplus_payment", amount }]);
    expect(await stockOf(world, sku)).toEqual({ available: 2, reserved: 0, sold: 1 });
    const third = await ask(world.url, "POST", `/orders/${placed.orderId}/payments`, {
      token: placed.customer,
      json: { provider: "mock" },
    });
    expect(third.status).toBe(409);
  });

  test("one fen short is booked as a mismatch and the order still waits; the full amount pays it", async () => {
    const sku = await product(world, 3);
    const placed = await place(world, sku);

    await tell(world, notice(placed, "SUCCESS", { amount: "19.89" }));
    await eventually(async () =>
      expect(await exceptionsOf(placed.orderId)).toMatchObject([{ kind: "amount_mismatch", amount: "19.89" }]),
    );
    const waiting = await standing(world, placed);
    expect([waiting.order.status, waiting.payments[0].status]).toEqual(["pending", "init"]);
    expect(await stockOf(world, sku)).toEqual({ available: 2, reserved: 1, sold: 0 });
    await tell(world, notice(placed, "SUCCESS"));

    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
  });

  test("money that matches nothing is acknowledged, parked, and a person is asked", async () => {
    const stranger = { outTradeNo: `NOBODY${Date.now()}`, amount: "66.00" };
    const paid = notice(stranger, "SUCCESS");

    await tell(world, paid);
    await tell(world, paid);

    const found = await eventually(async () => {
      const { body } = await ask(world.url, "GET", "/admin/exceptions?state=open&limit=100", { token: viewer });
      const cases = body.exceptions.filter(({ kind }: { kind: string }) => kind === "unmatched_payment");
      expect(cases).toHaveLength(1);
      return cases[0];
    });
    expect(found).toMatchObject({ state: "open", amount: "66.00", suggestedAction: expect.any(String) });
    expect(Date.parse(found.dueAt)).toBeGreaterThan(Date.parse(found.createdAt));
  });

  test("a key's order made twice over the two processes is one order", async () => {
    const sku = await product(world, 5);
    const order = (base: string) =>
      ask(base, "POST", "/orders", {
        token: customer("the buyer with two tabs"),
        headers: { "idempotency-key": "two tabs" },
        json: { items: [{ sku, quantity: 1 }], provider: "mock" },
      });

    const [one, two] = await Promise.all([order(world.url), order(world.hastyUrl)]);

    expect([one.status, two.status]).toEqual([201, 201]);
    expect(one.body).toEqual(two.body);
  });

  test("changes of an order are told as they happen, and after a break from where the listener was", async () => {
    const sku = await product(world, 5);
    const placed = await place(world, sku);
    const listen = async (lastEventId?: string) => {
      const stop = new AbortController();
      const response = await fetch(`${world.url}/orders/${placed.orderId}/events`, {
        headers: {
          authorization: `Bearer ${placed.customer}`,
          ...(lastEventId === undefined ? {} : { "last-event-id": lastEventId }),
        },
        signal: stop.signal,
      });
      expect(response.headers.get("content-type")).toContain("text/event-stream");
      let text = "";
      const reading = (async () => {
        for await (const chunk of response.body ?? []) text += Buffer.from(chunk).toString();
      })().catch(() => undefined);
      return {
        text: () => text,
        stop: async () => {
          stop.abort();
          await reading;
        },
      };
    };

    const first = await listen();
    await eventually(async () => expect(first.text()).toContain('"status":"pending"'));
    await ask(world.url, "POST", `/payments/${placed.paymentId}/start`, { token: placed.customer });
    await eventually(async () => expect(first.text()).toContain('"status":"processing"'));
    await first.stop();
    const lastId = first
      .text()
      .match(/^id: ?(\S+)$/gm)
      ?.at(-1)
      ?.replace(/^id: ?/, "");
    await tell(world, notice(placed, "SUCCESS"));
    await eventually(async () => expect((await standing(world, placed)).order.status).toBe("paid"));
    const second = await listen(lastId);

    await eventually(async () => expect(second.text()).toContain('"status":"paid"'));
    expect(second.text()).toContain('"status":"succeeded"');
    expect(second.text()).not.toContain('"status":"processing"');
    await second.stop();
  });
});
