import { caseIsWorkable, refundHasCase } from "./cases.ts";
import { orderInAudit, paymentInAudit } from "./history.ts";
import type { Law } from "./law.ts";
import { noticeHasOutcome, noticeIsSettled } from "./notices.ts";
import { orderOverdue, orderTotal, paidOnce, unpaidHasNone } from "./orders.ts";
import { closedWithOrder, paymentAgrees, receiptAgrees } from "./payments.ts";
import { moneyInOnePlace, refundSums, refundedIsBack } from "./receipts.ts";
import { holdFitsOrder, stockReserved, stockSold } from "./stock.ts";
import { auditIsSealed, keysAreBounded, orderHasTimer } from "./upkeep.ts";

/** Every law, in the order in which they are told and mended: what others are derived from comes first. */
export const laws: readonly Law[] = [
  auditIsSealed,
  orderInAudit,
  paymentInAudit,
  orderTotal,
  paidOnce,
  unpaidHasNone,
  paymentAgrees,
  receiptAgrees,
  closedWithOrder,
  refundSums,
  refundedIsBack,
  moneyInOnePlace,
  holdFitsOrder,
  stockReserved,
  stockSold,
  orderOverdue,
  orderHasTimer,
  noticeHasOutcome,
  noticeIsSettled,
  refundHasCase,
  caseIsWorkable,
  keysAreBounded,
];

export function findLaw(name: string): Law | undefined {
  return laws.find((law) => law.name === name);
}
