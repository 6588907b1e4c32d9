import type { Notice } from "@zhanggui/domain";
import { z } from "zod";

import { noticeOf } from "../event-key.ts";
import { isDocumentedStatus, readNotice as readHmacNotice } from "../hmac/notice.ts";
import { readRfc3339 } from "../reading/instant.ts";

/**
 * The body that the specification recommends, with our own layout of `data`: the field names of the `hmac` scheme, as
 * text. `type` begins with `payment` or `refund`; the word after the point stands in for a missing status.
 *
 * ```json
 * {"type": "payment.succeeded", "timestamp": "2026-11-22T10:00:00Z",
 *  "data": {"out_trade_no": "p1", "transaction_id": "t1", "amount": "39.80", "currency": "CNY", "status": "SUCCESS"}}
 * {"type": "refund.updated", "timestamp": "2026-11-22T11:00:00Z",
 *  "data": {"out_trade_no": "p1", "transaction_id": "t1", "amount": "39.80", "out_refund_no": "r1",
 *           "refund_amount": "10.00", "refund_status": "PROCESSING"}}
 * ```
 */
const bodySchema = z.object({
  type: z.string().regex(/^[\x21-\x7e]{1,128}$/),
  timestamp: z.unknown().optional(),
  data: z.unknown().optional(),
});

/** JSON numbers lose their text form (19.90 → 19.9), so that an amount can only be text. Other names are not ours. */
const dataSchema = z.object({
  out_trade_no: z.string().optional(),
  transaction_id: z.string().optional(),
  currency: z.string().optional(),
  amount: z.string().optional(),
  status: z.string().optional(),
  out_refund_no: z.string().optional(),
  refund_amount: z.string().optional(),
  refund_status: z.string().optional(),
});
type Data = z.infer<typeof dataSchema>;

const eventType = /^(payment|refund)(?:[._-]([A-Za-z0-9_-]+))?$/;

/** What a refund's type may say in the words of an event, where the scheme's status has another. */
const refundWords: ReadonlyMap<string, string> = new Map([
  ["succeeded", "SUCCESS"],
  ["failed", "FAIL"],
]);
const noCurrency = "XXX";

/** Reads the verified body. `undefined` when it does not make a notice. */
export function readNotice(webhookId: string, json: unknown): Notice | undefined {
  const body = bodySchema.safeParse(json);
  if (!body.success) return undefined;
  const { type, timestamp, data } = body.data;
  const [, subject, word] = eventType.exec(type) ?? [];
  if (subject === undefined) return ignored(webhookId, type);

  const occurredAt = typeof timestamp === "string" ? readRfc3339(timestamp) : undefined;
  if (timestamp !== undefined && occurredAt === undefined) return undefined;
  const parsed = dataSchema.safeParse(data);
  if (!parsed.success) return undefined;
  const facts = subject === "payment" ? readPayment(parsed.data, word) : readRefund(parsed.data, word);
  return facts && { ...facts, ...(occurredAt === undefined ? {} : { occurredAt }) };
}

/** The specification's "anything else is failed" is for the `hmac` kind; here a word outside the scheme is `unknown`. */
function readPayment({ refund_status, ...data }: Data, word: string | undefined): Notice | undefined {
  if (refund_status !== undefined) return undefined;
  const notice = readHmacNotice(asFields({ ...data, status: data.status ?? word }));
  if (notice === undefined || isDocumentedStatus(notice.rawStatus)) return notice;
  return noticeOf({ ...notice, status: "unknown" });
}

function readRefund(data: Data, word: string | undefined): Notice | undefined {
  const refund_status = data.refund_status ?? (word && (refundWords.get(word) ?? word));
  return refund_status ? readHmacNotice(asFields({ ...data, refund_status })) : undefined;
}

function asFields(data: Readonly<Record<string, string | undefined>>): ReadonlyMap<string, string> {
  return new Map(
    Object.entries(data).flatMap(([name, value]) => (value === undefined ? [] : [[name, value] as const])),
  );
}

/** An event that is not about money: acknowledged and known by its own id, which stays the same over all retries. */
function ignored(webhookId: string, type: string): Notice {
  const facts = {
    eventType: "ignored",
    outTradeNo: webhookId,
    amountMinor: 0,
    currency: noCurrency,
    status: "unknown",
  } as const satisfies Omit<Notice, "eventKey" | "rawStatus">;
  return noticeOf({ ...facts, rawStatus: type });
}
