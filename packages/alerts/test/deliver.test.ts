import { createHmac } from "node:crypto";

import { type Receiver, startReceiver } from "@zhanggui/testing";
import { Webhook } from "standardwebhooks";
import { afterEach, beforeEach, describe, expect, test } from "vitest";

import { type AlertNews, type ChannelFormat, type Language, deliver, openChannels, testNews } from "../src/index.ts";

let receiver: Receiver;
beforeEach(async () => {
  receiver = await startReceiver();
});
afterEach(() => receiver.close());

const token = "token-0123456789abcdef";
const whsec = `whsec_${Buffer.alloc(32, 5).toString("base64")}`;
const now = new Date();
const news: AlertNews = {
  id: "msg_1",
  key: "cases_open:late_payment",
  kind: "cases_open",
  event: "firing",
  severity: "critical",
  facts: { kind: "late_payment", cases: 3, amount: "119.40", oldest: "2026-11-22T10:00:00.000Z" },
  since: "2026-11-22T10:00:05.000Z",
  at: "2026-11-22T10:00:20.000Z",
  link: "https://shop.example/dashboard/exceptions?state=open&kind=late_payment",
};

type Sent = { readonly secret?: string; readonly language?: Language; readonly told?: AlertNews };

async function send(format: ChannelFormat, { secret, language = "zh", told = news }: Sent = {}) {
  const url = `${receiver.url}/robot/send?access_token=${token}`;
  const [channel] = openChannels([{ format, url, secret }]);
  if (channel === undefined) throw new Error("no channel");
  return deliver(channel, told, { outside: { fetch, now: () => now }, language });
}

function heard() {
  const [one, ...more] = receiver.heard;
  if (one === undefined || more.length > 0) throw new Error(`heard ${receiver.heard.length} messages`);
  // What a body holds is what the tests are there to check.
  // oxlint-disable-next-line no-explicit-any
  const body: any = JSON.parse(one.body);
  return { ...one, body, query: new URL(one.path, receiver.url).searchParams };
}

describe("a webhook", () => {
  test("is signed as Standard Webhooks says, and verified by its library", async () => {
    const delivered = await send("webhook", { secret: whsec });

    expect(delivered).toEqual({ ok: true, says: "200" });
    const [one] = receiver.heard;
    const headers = {
      "webhook-id": String(one?.headers["webhook-id"]),
      "webhook-timestamp": String(one?.headers["webhook-timestamp"]),
      "webhook-signature": String(one?.headers["webhook-signature"]),
    };
    expect(new Webhook(whsec).verify(one?.body ?? "", headers)).toEqual({
      type: "alert.firing",
      timestamp: "2026-11-22T10:00:20.000Z",
      data: {
        key: "cases_open:late_payment",
        kind: "cases_open",
        severity: "critical",
        facts: news.facts,
        since: "2026-11-22T10:00:05.000Z",
        link: news.link,
        title: { zh: "【告警】3 笔「逾期到账」异常待处理", en: "[ALERT] 3 open: late payment" },
      },
    });
    expect(headers["webhook-id"]).toBe("msg_1");
    const other = `whsec_${Buffer.alloc(32, 6).toString("base64")}`;
    expect(() => new Webhook(other).verify(one?.body ?? "", headers)).toThrow("No matching signature found");
  });

  test("is taken by any 2xx, whatever it says", async () => {
    receiver.answer(() => ({ status: 204 }));

    expect(await send("webhook", { secret: whsec })).toEqual({ ok: true, says: "204" });
  });
});

describe("DingTalk's robot", () => {
  test("gets markdown under an address signed by its formula", async () => {
    receiver.answer(() => ({ body: JSON.stringify({ errcode: 0, errmsg: "ok" }) }));

    const delivered = await send("dingtalk", { secret: "SECdingtalk" });

    expect(delivered).toEqual({ ok: true, says: "200 0 ok" });
    const { query, body } = heard();
    const timestamp = query.get("timestamp") ?? "";
    expect(timestamp).toBe(String(now.getTime()));
    expect(query.get("access_token")).toBe(token);
    expect(query.get("sign")).toBe(
      createHmac("sha256", "SECdingtalk").update(`${timestamp}\nSECdingtalk`).digest("base64"),
    );
    expect(body).toEqual({
      msgtype: "markdown",
      markdown: {
        title: "【告警】3 笔「逾期到账」异常待处理",
        text: [
          "### 【告警】3 笔「逾期到账」异常待处理",
          "- 涉及金额：119.40",
          "- 最早：2026-11-22 18:00 (UTC+8)",
          "- 级别：严重",
          "- 时间：2026-11-22 18:00 (UTC+8)",
          "",
          `[查看](${news.link})`,
        ].join("\n"),
      },
    });
  });

  test("is not signed for without a secret", async () => {
    receiver.answer(() => ({ body: JSON.stringify({ errcode: 0, errmsg: "ok" }) }));

    await send("dingtalk");

    expect([...heard().query.keys()]).toEqual(["access_token"]);
  });
});

describe("Feishu's robot", () => {
  test("gets a card signed by its formula in the body", async () => {
    receiver.answer(() => ({ body: JSON.stringify({ code: 0, msg: "success", data: {} }) }));

    const delivered = await send("feishu", { secret: "feishu-secret", language: "en" });

    expect(delivered).toEqual({ ok: true, says: "200 0 success" });
    const { body } = heard();
    expect(body.timestamp).toBe(String(Math.floor(now.getTime() / 1_000)));
    expect(body.sign).toBe(createHmac("sha256", `${body.timestamp}\nfeishu-secret`).update("").digest("base64"));
    expect(body.msg_type).toBe("interactive");
    expect(body.card.header).toEqual({
      template: "red",
      title: { tag: "plain_text", content: "[ALERT] 3 open: late payment" },
    });
    expect(body.card.elements[0].content).toContain("Amount: 119.40");
    expect(body.card.elements[1].actions[0].url).toBe(news.link);
  });

  test("is understood in its older words, too", async () => {
    receiver.answer(() => ({ body: JSON.stringify({ StatusCode: 0, StatusMessage: "success" }) }));

    expect(await send("feishu")).toEqual({ ok: true, says: "200 0 success" });
  });
});

test("WeCom's robot gets markdown within its 4,096 bytes", async () => {
  receiver.answer(() => ({ body: JSON.stringify({ errcode: 0, errmsg: "ok" }) }));
  const facts = { law: "法".repeat(2_000), breaches: 2, says: "说".repeat(2_000) };

  const delivered = await send("wecom", { told: { ...news, kind: "law_broken", facts } });

  expect(delivered.ok).toBe(true);
  const { content } = heard().body.markdown;
  expect(Buffer.byteLength(content)).toBeLessThanOrEqual(4_096);
  expect(content).toContain('<font color="warning">【告警】不变式被破坏：法法');
  expect(content).toContain(`[查看](${news.link})`);
});

test("Slack gets blocks, and nothing in them mentions anybody", async () => {
  receiver.answer(() => ({ body: "ok" }));
  const facts = { law: "<!channel>", breaches: 2, says: "a & b <https://evil.example|here> `x`" };

  const delivered = await send("slack", { language: "en", told: { ...news, kind: "law_broken", facts } });

  expect(delivered).toEqual({ ok: true, says: "200 ok" });
  const { blocks } = heard().body;
  expect(blocks[0].text).toEqual({ type: "plain_text", text: "[ALERT] A law is broken: !channel" });
  expect(blocks[1].text.text).toContain("• It says: a b https://evil.example here x");
  expect(blocks[1].text.text).toContain(`<${news.link}|Open>`);
});

describe("a message was not taken", () => {
  const robots = ["dingtalk", "wecom", "feishu"] as const;

  test.each(robots)("when %s says so in a body of a 200", async (format) => {
    const refusal = { errcode: 310000, code: 19021, errmsg: "sign not match", msg: "sign match fail" };
    receiver.answer(() => ({ body: JSON.stringify(refusal) }));

    const { ok, says } = await send(format);

    expect(ok).toBe(false);
    expect(says).toMatch(/^200 (310000|19021) sign/);
  });

  test.each(robots)("when %s answers a 200 that says nothing", async (format) => {
    receiver.answer(() => ({ body: "<html>a proxy</html>" }));

    expect(await send(format)).toEqual({ ok: false, says: "200 an answer that cannot be read" });
  });

  test("when a status says so", async () => {
    receiver.answer(() => ({ status: 403, body: "invalid_token" }));

    expect(await send("slack")).toEqual({ ok: false, says: "403 invalid_token" });
  });

  test("when it is sent elsewhere, and it does not go there", async () => {
    receiver.answer(({ path }) => (path.startsWith("/else") ? {} : { status: 307, headers: { location: "/else" } }));

    const delivered = await send("webhook", { secret: whsec });

    expect(delivered).toEqual({ ok: false, says: "307 a redirect, not followed" });
    expect(receiver.heard).toHaveLength(1);
  });

  test("when nobody listens", async () => {
    await receiver.close();
    const { ok, says } = await send("slack");
    receiver = await startReceiver();

    expect({ ok, says }).toEqual({ ok: false, says: "the connection failed: ECONNREFUSED" });
  });

  test("when nothing is said for five seconds", async () => {
    receiver.answer(() => ({ hangs: true }));

    expect(await send("slack")).toEqual({ ok: false, says: "no answer within 5 s" });
  });
});

describe("what is told of a delivery", () => {
  test("holds neither the token nor the secret, even when the receiver says them back", async () => {
    receiver.answer(({ path }) => ({ status: 400, body: `bad ${path} SECdingtalk-long` }));

    const { says } = await send("dingtalk", { secret: "SECdingtalk-long" });

    expect(says).toContain("400 bad");
    expect(says).not.toContain(token);
    expect(says).not.toContain("SECdingtalk-long");
  });

  test("is short, however much was said", async () => {
    receiver.answer(() => ({ status: 500, body: "x".repeat(5_000_000) }));

    expect((await send("slack")).says).toHaveLength(200);
  });

  test("names a channel by what does not tell its address", () => {
    const [channel] = openChannels([{ format: "slack", url: `https://hooks.example/${token}`, secret: undefined }]);

    expect(channel?.name).toMatch(/^slack-[0-9a-f]{8}$/);
  });
});

test("a test says that it is one", async () => {
  receiver.answer(() => ({ body: "ok" }));

  await send("slack", { language: "en", told: testNews({ id: "msg_2", now, link: news.link }) });

  expect(heard().body.text).toBe("[TEST] A test: alerts arrive here");
});
