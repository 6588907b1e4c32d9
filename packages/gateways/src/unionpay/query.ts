import type { Outside } from "../gateway.ts";
import type { UnionpayAccount } from "./account.ts";
import { type Unknown, ask, unknown } from "./ask.ts";
import { beijingText } from "./request.ts";

/** 查无此交易: UnionPay knows no order of this number and time. */
const noOrder = "34";
const asked = "00";

/** The code speaks of the order that was asked about, not of the query. */
export type Standing =
  | {
      readonly kind: "known";
      readonly code: string;
      readonly why: string;
      readonly fields: ReadonlyMap<string, string>;
    }
  | { readonly kind: "not_found" }
  | Unknown;

export type OrderName = { readonly orderId: string; readonly at: Date };

/** 交易状态查询 (`txnType` 00), for payments and refunds alike: by the order's number and the time it was sent with. */
export async function standingOf(
  account: UnionpayAccount,
  { orderId, at }: OrderName,
  outside: Outside,
): Promise<Standing> {
  const answer = await ask(account, outside, "queryTrans", {
    bizType: "000201",
    txnType: "00",
    txnSubType: "00",
    orderId,
    txnTime: beijingText(at),
  });
  if (answer.kind === "unknown") return answer;
  if (answer.code === noOrder) return { kind: "not_found" };
  if (answer.code !== asked) return unknown(answer.why);

  const { fields } = answer;
  // A notice of the same order is signed alike; it has no code of an original.
  const code = fields.get("origRespCode");
  if (code === undefined) return unknown("UnionPay's answer says nothing of the order");
  return { kind: "known", code, why: `UnionPay says ${code} ${fields.get("origRespMsg") ?? ""}`.trimEnd(), fields };
}
