import { byTransaction } from "../../../book/charges.ts";
import type { Folder } from "../../../book/folders.ts";
import type { Payment, Refund } from "../../../book/records.ts";
import { type StatementLine, linesOf } from "../../../desk/statement.ts";
import type { StripeOffice } from "../house.ts";
import { minorOf } from "../parameters.ts";
import { metadataOf, readWords, writeWords } from "../words.ts";
import { chargeOf, chargeTransactionIdOf, takenFrom } from "./charge.ts";
import { type StripeObject, secondsOf } from "./object.ts";
import { refundOf, refundTransactionIdOf } from "./refund.ts";

export type BalanceTransaction = StripeObject & {
  readonly id: string;
  readonly created: number;
  readonly type: "charge" | "refund";
  readonly source: string | StripeObject;
};

const availableAfterSeconds = 2 * 24 * 60 * 60;

/** docs.stripe.com/api/balance_transactions/object: what a payment brought and what its refunds took. */
export function balanceTransactionsOf(
  office: Pick<StripeOffice, "account">,
  folder: Folder,
  { expanded }: { readonly expanded: boolean },
): readonly BalanceTransaction[] {
  return linesOf(folder, () => true).flatMap((line) => {
    const { id, source } = sourceOf(office, folder, line);
    return source === undefined ? [] : [transactionOf(id, line, expanded ? source : String(source["id"]))];
  });
}

type Source = { readonly id: string; readonly source: StripeObject | undefined };

/** What the line is about, as the line has it: a difference that was planted is one in the source too. */
function sourceOf(office: Pick<StripeOffice, "account">, folder: Folder, line: StatementLine): Source {
  const { payment, refunds } = byTransaction(folder, line.transactionId) ?? folder;
  const charged = chargedBy(payment, line);
  if (line.type === "payment") {
    return {
      id: chargeTransactionIdOf(charged),
      source: chargeOf(office, charged, takenFrom(refunds.values())),
    };
  }
  const { outRefundNo = "", refundId = "" } = line;
  const refund =
    refunds.get(outRefundNo) ?? [...refunds.values()].find(({ standing }) => standing.status === "SUCCESS");
  if (refund === undefined) return { id: "", source: undefined };
  const stated: Refund = {
    ...refund,
    refundId,
    refundAmount: line.amount,
    extra: {
      metadata: JSON.stringify({
        ...metadataOf(refund),
        ...(refund.outRefundNo === outRefundNo ? {} : { out_trade_no: line.outTradeNo, out_refund_no: outRefundNo }),
      }),
    },
  };
  return { id: refundTransactionIdOf(stated), source: refundOf(charged, stated) };
}

function chargedBy(payment: Payment, { outTradeNo, transactionId, amount, time }: StatementLine): Payment {
  const words = readWords(payment);
  const strange = outTradeNo === payment.outTradeNo ? {} : { out_trade_no: outTradeNo };
  return {
    ...payment,
    transactionId,
    standing: { status: "SUCCESS", paid: amount, paidAt: time },
    extra: writeWords({ ...words, intentMetadata: { ...words.intentMetadata, ...strange } }),
  };
}

function transactionOf(id: string, line: StatementLine, source: string | StripeObject): BalanceTransaction {
  const isRefund = line.type === "refund";
  const currency = line.currency.toLowerCase();
  const amount = minorOf(line.amount, line.currency) * (isRefund ? -1 : 1);
  const fee = minorOf(line.fee, line.currency);
  const created = secondsOf(line.time);
  const details = { amount: fee, application: null, currency, description: "Stripe processing fees" };
  return {
    id,
    object: "balance_transaction",
    amount,
    available_on: created + availableAfterSeconds,
    balance_type: "payments",
    created,
    currency,
    description: isRefund ? `REFUND FOR CHARGE (${line.subject})` : line.subject,
    exchange_rate: null,
    fee,
    fee_details: fee === 0 ? [] : [{ ...details, type: "stripe_fee" }],
    net: amount - fee,
    reporting_category: isRefund ? "refund" : "charge",
    source,
    status: "pending",
    type: isRefund ? "refund" : "charge",
  };
}
