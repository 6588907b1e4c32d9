import { openChannels } from "@zhanggui/alerts";
import {
  type Alert,
  type Db,
  alertMessages,
  alerts,
  audit,
  exceptions,
  lawRuns,
  providerHealth,
  refusedCallbacks,
  transact,
} from "@zhanggui/db";
import type { ExceptionKind, Fault } from "@zhanggui/domain";
import { type Receiver, startReceiver } from "@zhanggui/testing";
import { sql } from "kysely";
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, test } from "vitest";

import { type AlertSettings, acknowledgeAlert, sendAlerts, watchAlerts } from "../src/index.ts";
import { newId } from "../src/ids.ts";
import { type Shop, hear, openShop, paid, startedOrder, tell } from "./support/shop.ts";

const whsec = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;

let receiver: Receiver;
let shop: Shop;
let settings: AlertSettings;
beforeAll(async () => {
  receiver = await startReceiver();
});
beforeEach(async () => {
  shop = await openShop();
  receiver.heard.length = 0;
  receiver.answer(() => ({}));
  settings = {
    channels: openChannels([{ format: "webhook", url: `${receiver.url}/in`, secret: whsec }]),
    minimumSeverity: "warning",
    language: "zh",
    repeatSeconds: 14_400,
  };
});
afterEach(() => shop.close());
afterAll(() => receiver.close());

/** The pool's next look, a quarter of a minute later, and what comes of it. */
async function look(): Promise<void> {
  await shop.db.deleteFrom("duties").where("name", "=", "alerts").execute();
  await watchAlerts(shop.engine, settings);
  await sendAlerts(shop.engine, settings);
}

/** Types and keys of what the receiver was told. */
function told(): string[] {
  return receiver.heard.map(({ body }) => {
    const { type, data } = JSON.parse(body) as { readonly type: string; readonly data: { readonly key: string } };
    return `${type} ${data.key}`;
  });
}

function factsOf(at: number): unknown {
  return (JSON.parse(receiver.heard.at(at)?.body ?? "{}") as { readonly data: { readonly facts: unknown } }).data.facts;
}

async function openCase(kind: ExceptionKind = "unmatched_payment", amount = "19.90"): Promise<string> {
  const id = newId("exc");
  await transact(shop.db, (tx) =>
    exceptions.open(tx, {
      id,
      subject: `transaction:till:${id}`,
      kind,
      orderId: undefined,
      paymentId: undefined,
      callbackId: undefined,
      amount,
      detail: "{}",
    }),
  );
  return id;
}

async function closeCases(): Promise<void> {
  await sql`update exceptions set state = 'resolved', resolved_at = now() where state = 'open'`.execute(shop.db);
}

/** Lets so many seconds go by since alerts were found and told. */
async function wait(seconds: number): Promise<void> {
  await sql`update alerts set last_at = last_at - make_interval(secs => ${seconds}),
    last_sent_at = last_sent_at - make_interval(secs => ${seconds})`.execute(shop.db);
}

async function keys(db: Db): Promise<string[]> {
  return (await alerts.page(db, { state: "firing", limit: 100 })).map(({ key }) => key).toSorted();
}

async function only(): Promise<Alert> {
  const [alert, ...more] = await alerts.page(shop.db, { limit: 10 });
  if (alert === undefined || more.length > 0) throw new Error("not one alert");
  return alert;
}

describe("an alert is told", () => {
  test("once when it begins, however often it is found, and when it is over", async () => {
    await openCase();
    await look();
    await look();
    await look();
    expect(told()).toEqual(["alert.firing cases_open:unmatched_payment"]);

    await closeCases();
    await look();
    expect(told()).toHaveLength(1);
    await wait(61);
    await look();
    await look();

    expect(told()).toEqual([
      "alert.firing cases_open:unmatched_payment",
      "alert.resolved cases_open:unmatched_payment",
    ]);
    expect(await only()).toMatchObject({ state: "resolved", count: 1 });
  });

  test("as one when it comes and goes within a minute", async () => {
    await openCase();
    await look();
    await closeCases();
    await look();
    await openCase();
    await look();

    expect(told()).toEqual(["alert.firing cases_open:unmatched_payment"]);
  });

  test("again when it begins anew", async () => {
    await openCase();
    await look();
    await closeCases();
    await wait(61);
    await look();
    await openCase();
    await look();

    expect(told().map((one) => one.split(" ")[0])).toEqual(["alert.firing", "alert.resolved", "alert.firing"]);
    expect(await only()).toMatchObject({ state: "firing", count: 2, resolved_at: null });
  });

  test("again after some hours, unless somebody looks after it", async () => {
    await openCase();
    await look();
    await wait(14_401);
    await look();
    await look();
    expect(told().map((one) => one.split(" ")[0])).toEqual(["alert.firing", "alert.repeat"]);

    const by = { sub: "alice", role: "operator" } as const;
    await acknowledgeAlert(shop.engine, { key: "cases_open:unmatched_payment", reason: "I call the bank", by });
    await wait(14_401);
    await look();

    expect(told()).toHaveLength(2);
    const [entry] = await audit.page(shop.db, { entity: "alert", limit: 1 });
    expect(entry).toMatchObject({ actor: "alice", action: "alert.acknowledge", reason: "I call the bank" });
  });

  test("of more cases in one message for all that came meanwhile", async () => {
    await openCase("late_payment", "10.00");
    await look();
    for (let one = 0; one < 5; one += 1) await openCase("late_payment", "10.00");
    await look();
    expect(told()).toHaveLength(1);

    await wait(601);
    await look();
    await look();

    expect(told()).toEqual(["alert.firing cases_open:late_payment", "alert.more cases_open:late_payment"]);
    expect(factsOf(-1)).toMatchObject({ kind: "late_payment", cases: 6, amount: "60.00" });
  });

  test("to the log alone when there is no receiver", async () => {
    await openCase();
    settings = { ...settings, channels: [] };

    await look();

    expect(await keys(shop.db)).toEqual(["cases_open:unmatched_payment"]);
    expect(shop.warnings).toContain("alert");
    expect(await shop.db.selectFrom("alert_messages").selectAll().execute()).toEqual([]);
  });

  test("to nobody when it is not severe enough", async () => {
    await openCase();
    settings = { ...settings, minimumSeverity: "critical" };

    await look();

    expect(told()).toEqual([]);
    expect(await keys(shop.db)).toEqual(["cases_open:unmatched_payment"]);
  });

  test("once by many workers that look and send at the same time", async () => {
    await openCase();

    for (let round = 0; round < 3; round += 1) {
      await Promise.all(
        Array.from({ length: 6 }, async () => {
          await watchAlerts(shop.engine, settings);
          await sendAlerts(shop.engine, settings);
        }),
      );
    }

    expect(told()).toEqual(["alert.firing cases_open:unmatched_payment"]);
  });

  test("once by workers whose looks overlap", async () => {
    await openCase();

    await Promise.all(Array.from({ length: 6 }, look));
    await look();

    expect(told()).toEqual(["alert.firing cases_open:unmatched_payment"]);
  });
});

describe("a receiver that is down", () => {
  const messages = () => shop.db.selectFrom("alert_messages").selectAll().orderBy("id").execute();
  const comeTrue = () => sql`update alert_messages set next_try_at = now()`.execute(shop.db);

  test("is told when it is back, under the same id", async () => {
    receiver.answer(() => ({ status: 503, body: "away" }));
    await openCase();
    await look();
    await sendAlerts(shop.engine, settings);
    expect(told()).toHaveLength(1);
    expect(await messages()).toMatchObject([{ state: "waiting", attempts: 1, answer: "503 away" }]);

    receiver.answer(() => ({}));
    await comeTrue();
    await sendAlerts(shop.engine, settings);
    await comeTrue();
    await sendAlerts(shop.engine, settings);

    expect(told()).toHaveLength(2);
    expect(new Set(receiver.heard.map(({ headers }) => headers["webhook-id"])).size).toBe(1);
    expect(await messages()).toMatchObject([{ state: "sent", attempts: 2, answer: "200" }]);
  });

  test("is given up after nine tries", async () => {
    receiver.answer(() => ({ status: 500 }));
    await openCase();
    await look();
    for (let tried = 1; tried < 12; tried += 1) {
      await comeTrue();
      await sendAlerts(shop.engine, settings);
    }

    expect(told()).toHaveLength(9);
    expect(await messages()).toMatchObject([{ state: "failed", attempts: 9, answer: "500" }]);
    expect((await alertMessages.countByState(shop.db)).get("failed")).toBe(1);
  });

  test("holds one message of an alert, the newest", async () => {
    receiver.answer(() => ({ status: 500 }));
    await openCase();
    await look();
    await closeCases();
    await wait(61);
    await look();

    expect(await messages()).toMatchObject([
      { state: "superseded", content: { event: "firing" } },
      { state: "waiting", content: { event: "resolved" } },
    ]);
  });

  test("does not keep the others from theirs", async () => {
    const other = openChannels([{ format: "slack", url: `${receiver.url}/slack`, secret: undefined }]);
    settings = { ...settings, channels: [...settings.channels, ...other] };
    receiver.answer(({ path }) => (path === "/slack" ? { body: "ok" } : { status: 500 }));
    await openCase();

    await look();

    const states = (await messages()).map(({ channel, state }) => [channel.split("-")[0], state]);
    expect(Object.fromEntries(states)).toEqual({ webhook: "waiting", slack: "sent" });
  });

  test("lets a worker die: what it claimed is sent by another one later", async () => {
    await openCase();
    await watchAlerts(shop.engine, settings);
    const channels = settings.channels.map(({ name }) => name);
    const [claimed] = await alertMessages.claim(shop.db, { channels, leaseSeconds: 30, limit: 10 });
    expect(claimed?.attempts).toBe(1);
    await sendAlerts(shop.engine, settings);
    expect(told()).toEqual([]);

    await comeTrue();
    await sendAlerts(shop.engine, settings);

    expect(told()).toHaveLength(1);
  });

  test("and no secret or address of it is in a row", async () => {
    receiver.answer(({ path }) => ({ status: 400, body: `${path} ${whsec}` }));
    settings = {
      ...settings,
      channels: openChannels([{ format: "webhook", url: `${receiver.url}/token-0123456789`, secret: whsec }]),
    };
    await openCase();
    await look();

    const rows = JSON.stringify(await messages());
    expect(rows).toContain("400");
    expect(rows).not.toContain("token-0123456789");
    expect(rows).not.toContain(whsec);
    expect(rows).not.toContain(receiver.url);
  });
});

describe("people are told of", () => {
  test("amounts that are a hundredfold off, apart from other mismatches", async () => {
    await tell(shop, paid(await startedOrder(shop), { amount: "39.79" }));
    await look();
    expect(await keys(shop.db)).not.toContain("unit_mixed_up:till");

    await tell(shop, paid(await startedOrder(shop), { amount: "3980.00" }));
    await look();

    expect(await keys(shop.db)).toContain("unit_mixed_up:till");
  });

  test("cases that are overdue", async () => {
    const id = await openCase("late_payment", "12.00");
    await look();
    expect(await keys(shop.db)).not.toContain("cases_overdue");

    await sql`update exceptions set due_at = now() - interval '1 second' where id = ${id}`.execute(shop.db);
    await look();

    expect(await keys(shop.db)).toContain("cases_overdue");
  });

  test("a provider that is silent, one that cannot be reached, and their return", async () => {
    await sql`insert into provider_health (provider, silent_since) values ('till', now()), ('gone', now())`.execute(
      shop.db,
    );
    for (let call = 0; call < 10; call += 1) await providerHealth.noteUnknown(shop.db, "other");
    await look();
    expect(await keys(shop.db)).toEqual(["provider_silent:till", "provider_unreachable:other"]);

    await sql`update provider_health set silent_since = null`.execute(shop.db);
    await providerHealth.noteAnswer(shop.db, "other");
    await wait(61);
    await look();

    expect(told().toSorted()).toEqual([
      "alert.firing provider_silent:till",
      "alert.firing provider_unreachable:other",
      "alert.resolved provider_silent:till",
      "alert.resolved provider_unreachable:other",
    ]);
  });

  test("callbacks that were refused, five in five minutes, and not of a provider that is no more", async () => {
    await refusedCallbacks.add(
      shop.db,
      new Map([
        ["till", 3],
        ["gone", 50],
      ]),
    );
    await look();
    expect(await keys(shop.db)).toEqual([]);

    await refusedCallbacks.add(shop.db, new Map([["till", 2]]));
    await look();

    expect(await keys(shop.db)).toEqual(["callbacks_refused:till"]);
    expect(factsOf(-1)).toEqual({ provider: "till", refused: 5, minutes: 5 });

    await sql`update refused_callbacks set minute = minute - interval '6 minutes'`.execute(shop.db);
    await wait(61);
    await look();
    expect(await keys(shop.db)).toEqual([]);
  });

  test("an order past its deadline, unless its gateways are being asked", async () => {
    const placed = await startedOrder(shop);
    const { id } = placed.order;
    const late = (seconds: number, closing: boolean) =>
      sql`update orders set expires_at = now() - make_interval(secs => ${seconds}),
        closing_since = ${closing ? sql`now()` : sql`null`} where id = ${id}`.execute(shop.db);

    await late(100, false);
    await look();
    await late(500, true);
    await look();
    expect(await keys(shop.db)).toEqual([]);

    await late(130, false);
    await look();
    expect(await keys(shop.db)).toEqual(["expiry_late"]);
    await late(700, true);
    await look();
    expect(await keys(shop.db)).toEqual(["expiry_late"]);
  });

  test("a notice that waits for its settlement for a minute", async () => {
    await hear(shop, paid(await startedOrder(shop)));
    await look();
    expect(await keys(shop.db)).toEqual([]);

    await sql`update callbacks set received_at = now() - interval '61 seconds'`.execute(shop.db);
    await look();

    expect(await keys(shop.db)).toEqual(["callbacks_waiting"]);
    expect(factsOf(-1)).toMatchObject({ waiting: 1 });
  });

  test("a refund whose outcome has not been known for an hour", async () => {
    const words = paid(await startedOrder(shop));
    await tell(shop, words);
    await sql`
      insert into refunds (id, order_id, payment_id, amount, status, out_refund_no, reason, provider, transaction_id,
        currency, next_ask_at)
      select 'ref_1', order_id, payment_id, amount, 'unknown', 'R12345678', 'test', provider, transaction_id, currency, now()
      from receipts
    `.execute(shop.db);
    const since = (minutes: number) =>
      sql`update refunds set created_at = now() - make_interval(mins => ${minutes})`.execute(shop.db);

    await since(59);
    await look();
    expect(await keys(shop.db)).toEqual([]);
    await since(61);
    await look();

    expect(await keys(shop.db)).toEqual(["refunds_unknown"]);
  });

  test("laws that do not hold, and of the audit's chain by its own name", async () => {
    const run = { breaches: 2, says: "stock is lost", ms: 1, full: true };
    await lawRuns.note(shop.db, { ...run, law: "stock-sold", holds: false });
    await lawRuns.note(shop.db, { ...run, law: "audit-chain", holds: false });
    await lawRuns.note(shop.db, { ...run, law: "money-in-one-place", holds: true });
    await openCase("invariant_broken");

    await look();

    expect(await keys(shop.db)).toEqual(["audit_broken", "law_broken:stock-sold"]);
  });

  test("a day whose newest statement differs from the book", async () => {
    const compared = (day: string, state: string, differences: number) =>
      sql`insert into reconciliations (id, provider, day, source, state, asked_by, differences, finished_at)
        values (${newId("rec")}, 'till', ${day}, 'file', ${state}, 'test', ${differences}, now())`.execute(shop.db);
    await compared("2026-11-20", "differences", 2);
    await compared("2026-11-20", "matched", 0);
    await compared("2026-11-21", "differences", 3);
    await compared("2026-11-22", "failed", 0);

    await look();

    expect(await keys(shop.db)).toEqual(["reconciliation:till:2026-11-21", "reconciliation:till:2026-11-22"]);
  });
});

test("a condition that cannot be looked at ends nothing, and the others are looked at", async () => {
  await refusedCallbacks.add(shop.db, new Map([["till", 9]]));
  await look();
  await wait(61);
  await sql`alter table refused_callbacks rename to away`.execute(shop.db);
  await openCase();

  await watchAlerts(shop.engine, settings).catch(() => undefined);
  await shop.db.deleteFrom("duties").where("name", "=", "alerts").execute();
  await watchAlerts(shop.engine, settings).catch(() => undefined);

  expect(await keys(shop.db)).toEqual(["callbacks_refused:till", "cases_open:unmatched_payment"]);
});

describe("acknowledging", () => {
  const by = { sub: "alice", role: "operator" } as const;

  test("is refused for what is not there, or over", async () => {
    await expect(acknowledgeAlert(shop.engine, { key: "nothing", reason: "why", by })).rejects.toMatchObject({
      code: "not_found",
    } satisfies Partial<Fault>);
    await openCase();
    await look();
    await closeCases();
    await wait(61);
    await look();

    await expect(
      acknowledgeAlert(shop.engine, { key: "cases_open:unmatched_payment", reason: "why", by }),
    ).rejects.toMatchObject({ code: "already_resolved" } satisfies Partial<Fault>);
  });
});

test("messages, alerts and counts that are old are forgotten", async () => {
  await openCase();
  await refusedCallbacks.add(shop.db, new Map([["till", 1]]));
  await look();
  await closeCases();
  await wait(61);
  await look();
  await sql`update alert_messages set created_at = now() - interval '8 days'`.execute(shop.db);
  await sql`update alerts set resolved_at = now() - interval '91 days'`.execute(shop.db);
  await sql`update refused_callbacks set minute = minute - interval '2 hours'`.execute(shop.db);

  await look();

  for (const table of ["alert_messages", "alerts", "refused_callbacks"] as const) {
    expect(await shop.db.selectFrom(table).selectAll().execute()).toEqual([]);
  }
});
