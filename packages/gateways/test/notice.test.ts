import { describe, expect, test } from "vitest";

import { isDocumentedStatus } from "../src/hmac/notice.ts";
import { json, readingOf, signed, success } from "./support/signed.ts";

type Fields = Readonly<Record<string, string>>;

function read(fields: Fields) {
  return readingOf(json(signed({ ...success, ...fields })));
}

async function keyOf(fields: Fields): Promise<string> {
  const notice = await read(fields);
  if (typeof notice === "string") throw new Error(notice);
  return notice.eventKey;
}

describe("a notice is malformed", () => {
  test.each([
    "",
    "0.001",
    "39.805",
    "1e2",
    "-1.00",
    "+1.00",
    "01.00",
    " 39.80",
    "39.80 ",
    "39,80",
    "NaN",
    "Infinity",
    "0x10",
    "３９.８０",
    "39.80元",
    "1000000000000.00",
    ".5",
    "5.",
    "39.80\u0000",
    "1_000",
  ])("with the amount %j", async (amount) => {
    expect(await read({ amount })).toBe("malformed");
  });

  test.each(["out_trade_no", "amount", "status"])("without %s", async (name) => {
    const { [name]: _, ...rest } = success;

    expect(await readingOf(json(signed(rest)))).toBe("malformed");
  });

  test("when it calls a payment successful and names no transaction", async () => {
    expect(await read({ transaction_id: "" })).toBe("malformed");
  });

  test.each(["a b", "a\u0000b", "龙井", "x".repeat(256), "a\n"])("with the number %j", async (id) => {
    expect(await read({ out_trade_no: id })).toBe("malformed");
    expect(await read({ transaction_id: id })).toBe("malformed");
  });

  test("with a number longer than any of ours, though a gateway's own may be", async () => {
    expect(await read({ out_trade_no: "x".repeat(65) })).toBe("malformed");
    expect(await read({ transaction_id: "x".repeat(255) })).toMatchObject({ transactionId: "x".repeat(255) });
  });

  test.each(["cny", "CN", "CNYY", "人民币"])("with the currency %j", async (currency) => {
    expect(await read({ currency })).toBe("malformed");
  });

  test.each(["FAIL\u0000", "FAIL\n", "\u001b[31mFAIL", "x".repeat(65)])("with the status word %j", async (status) => {
    expect(await read({ status })).toBe("malformed");
  });
});

describe("a status word", () => {
  const words = {
    succeeded: ["SUCCESS", "succeeded", "trade_success", "trade_finished"],
    cancelled: ["cancelled", "closed", "revoked", "trade_closed"],
    expired: ["expired"],
    processing: ["processing", "notpay", "userpaying", "accept", "wait_buyer_pay"],
    failed: ["failed", "fail", "payerror", "REFUND", "success ", "successful", "__proto__", "0"],
  };
  const cases = Object.entries(words).flatMap(([status, all]) => all.map((word) => [word, status] as const));

  test.each(cases)("%j means %s, in any case", async (word, status) => {
    for (const spelled of [word, word.toUpperCase(), word.toLowerCase()]) {
      expect(await read({ status: spelled })).toMatchObject({ status, rawStatus: spelled, eventType: "payment" });
    }
  });

  test("in Chinese is one more word that means failed", async () => {
    expect(await read({ status: "支付失败" })).toMatchObject({ status: "failed", rawStatus: "支付失败" });
  });

  test("that the scheme does not name can be told, so that it is warned of", () => {
    expect(["SUCCESS", "Trade_Closed", "payerror"].map(isDocumentedStatus)).toEqual([true, true, true]);
    expect(["REFUND", "", "success "].map(isDocumentedStatus)).toEqual([false, false, false]);
  });
});

describe("a refund notice", () => {
  const refund = { out_refund_no: "R1", refund_id: "G1", refund_amount: "5.00" };

  test.each([
    ["SUCCESS", "refund_succeeded"],
    ["processing", "refund_processing"],
    ["ABNORMAL", "refund_abnormal"],
    ["closed", "refund_closed"],
    ["FAIL", "refund_failed"],
    ["FROZEN", "unknown"],
  ])("that says %s is %s, and never a payment's success", async (word, status) => {
    expect(await read({ ...refund, refund_status: word })).toMatchObject({
      eventType: "refund",
      status,
      outRefundNo: "R1",
      refundMinor: 500,
      amountMinor: 3_980,
    });
  });

  test("of nothing but the refund's own fields is known by the refund's number", async () => {
    const alone = { out_trade_no: "", transaction_id: "", amount: "", status: "" };
    expect(await read({ ...refund, ...alone, refund_status: "SUCCESS" })).toMatchObject({
      eventType: "refund",
      status: "refund_succeeded",
      outTradeNo: "R1",
      outRefundNo: "R1",
      refundMinor: 500,
    });
  });

  test.each([{ out_refund_no: "" }, { refund_amount: "" }, { refund_amount: "5.001" }, { amount: "x" }])(
    "with %j is malformed",
    async (wrong) => {
      expect(await read({ ...refund, refund_status: "SUCCESS", ...wrong })).toBe("malformed");
    },
  );
});

describe("what was cut anew under the same signed text", () => {
  const timestamp = "1763712000";

  test.each<[string, Fields, Fields]>([
    ["a timestamp", { ...success, subject: "tea", timestamp }, { ...success, subject: `tea&timestamp=${timestamp}` }],
    [
      "a neighbour of the transaction id",
      { ...success, x: "1" },
      { ...success, transaction_id: `${success["transaction_id"]}&x=1` },
    ],
    ["a neighbour of the status", { ...success, t: "1" }, { ...success, status: "SUCCESS&t=1" }],
  ])("is refused: %s drawn into the field before it", async (_, genuine, cut) => {
    const { sign } = signed(genuine);

    expect(signed(cut)["sign"]).toBe(sign);
    expect(await readingOf(json(signed(cut)))).toBe("malformed");
  });

  test("though text of the shop's own may hold what only looks like a field", async () => {
    const subject = "a & b=1&note=2";

    expect(await readingOf(json(signed({ ...success, subject })))).toMatchObject({ status: "succeeded" });
  });
});

describe("an event key", () => {
  test("does not mix up what stands in one field with what stands in two", async () => {
    expect(await keyOf({ out_trade_no: "P1.T1", transaction_id: "X" })).not.toBe(
      await keyOf({ out_trade_no: "P1", transaction_id: "T1.X" }),
    );
    expect(await keyOf({ transaction_id: "a/b" })).not.toBe(await keyOf({ transaction_id: "a_b" }));
    expect(await keyOf({ transaction_id: "T1" })).not.toBe(await keyOf({ transaction_id: "t1" }));
  });

  test.each(["123456", "a:b:c", "x".repeat(64), "../..", "{tag}", "';drop--table", "%00", "4200001234"])(
    "for transaction %j is safe as a job id",
    async (transaction_id) => {
      const key = await keyOf({ transaction_id });

      expect(key).toMatch(/^[A-Za-z0-9_.-]{1,120}$/);
      expect(String(Number.parseInt(key, 10))).not.toBe(key);
    },
  );

  test("is different for two words that the gateway does not document", async () => {
    const refund = { out_refund_no: "R1", refund_amount: "5.00" };

    expect(await keyOf({ ...refund, refund_status: "FROZEN" })).not.toBe(
      await keyOf({ ...refund, refund_status: "THAWED" }),
    );
  });
});
