import { StatementError, type StatementEntry } from "../statement-format.ts";
import { readBeijingTime } from "./beijing-time.ts";
import {
  UnreadableLine,
  currencyOf,
  entryOf,
  feeOf,
  idOf,
  minorOf,
  optionalId,
  shown,
  timeOf,
  wordOf,
} from "./statement-cells.ts";
import { type Columns, columnsOf, linesOf } from "./statement-text.ts";

/** Our names for the columns of WeChat Pay's trade bill, and WeChat's: newest layout first (gateways: 申请交易账单). */
const wanted = {
  time: ["退款成功时间", "交易时间"],
  tradeTime: ["交易时间", undefined],
  merchant: ["商户号"],
  transactionId: ["微信订单号"],
  outTradeNo: ["商户订单号"],
  state: ["交易状态"],
  currency: ["货币种类"],
  amount: ["订单金额", "应结订单金额", "总金额"],
  refundId: ["微信退款单号", undefined],
  outRefundNo: ["商户退款单号", undefined],
  refundAmount: ["申请退款金额", "退款金额", undefined],
  refundState: ["退款状态", undefined],
  fee: ["手续费", undefined],
} as const;

type BillColumns = Columns<keyof typeof wanted>;

/** The first name of the summary, which ends the rows. */
const summaryMark = "总交易单数";
const tick = "`";
/** A product's name may hold a comma, and no backtick. */
const joint = ",`";

const refundStates: ReadonlyMap<string, "succeeded" | "processing" | "failed"> = new Map([
  ["SUCCESS", "succeeded"],
  ["PROCESSING", "processing"],
  ["", "processing"],
]);

/**
 * Reads WeChat Pay's trade bill of v3 and v2, of the types ALL, SUCCESS and REFUND: UTF-8 with a mark, a header, rows
 * whose every value stands behind a backtick, and a summary. The amount of a payment is 订单金额, which is what the
 * order was over; a coupon makes less of 应结订单金额.
 *
 * @throws StatementError without a header or a summary, or when the summary counts other rows.
 */
export async function* readWechatBill(
  merchant: string,
  file: AsyncIterable<Uint8Array>,
): AsyncGenerator<StatementEntry> {
  const decoder = new TextDecoder("utf-8");
  let header: { readonly columns: BillColumns; readonly width: number } | undefined;
  let rows = 0;
  let counted: string | undefined;
  let inSummary = false;
  for await (const { number, bytes } of linesOf(file)) {
    const text = decoder.decode(bytes).replace(/^\uFEFF/, "");
    if (text.trim() === "") continue;
    if (header === undefined) {
      const names = text.split(",").map((name) => name.replace(tick, "").trim());
      header = { columns: columnsOf(names, wanted), width: names.length };
    } else if (inSummary) {
      counted = cellsOf(text)[0];
      break;
    } else if (text.startsWith(summaryMark)) {
      inSummary = true;
    } else {
      const { columns, width } = header;
      rows += 1;
      yield entryOf(number, () => readRow({ number, text, columns, width, merchant }));
    }
  }
  if (header === undefined) throw new StatementError("the file is empty");
  if (counted === undefined) throw new StatementError("the file ends before its summary: it was cut off");
  if (Number(counted) !== rows) throw new StatementError(`the file counts ${shown(counted)} rows and has ${rows}`);
}

function cellsOf(text: string): readonly string[] {
  return text.replace(/^`/, "").split(joint);
}

type Row = {
  readonly number: number;
  readonly text: string;
  readonly columns: BillColumns;
  readonly width: number;
  readonly merchant: string;
};

function readRow({ number, text, columns, width, merchant }: Row): StatementEntry {
  const cells = cellsOf(text);
  if (!text.startsWith(tick) || cells.length !== width) {
    throw new UnreadableLine(`it has ${cells.length} values and its header ${width}`);
  }
  if (columns.merchant(cells) !== merchant) {
    throw new UnreadableLine(`it is merchant ${shown(columns.merchant(cells))}'s, not ours`);
  }
  const shared = {
    number,
    outTradeNo: idOf(columns.outTradeNo(cells), "outTradeNo"),
    transactionId: idOf(columns.transactionId(cells), "transactionId"),
    currency: currencyOf(columns.currency(cells)),
    ...feeOf(columns.fee(cells)),
    occurredAt: timeOf(columns.time(cells) || columns.tradeTime(cells), [readBeijingTime]),
  };
  const [refundId, outRefundNo] = [columns.refundId(cells), columns.outRefundNo(cells)].map(orEmpty);
  if (refundId || outRefundNo) {
    const rawStatus = columns.refundState(cells);
    return {
      kind: "line",
      line: {
        ...shared,
        type: "refund",
        ...optionalId("refundId", refundId ?? ""),
        ...optionalId("outRefundNo", outRefundNo ?? ""),
        amountMinor: minorOf(columns.refundAmount(cells)),
        status: refundStates.get(rawStatus) ?? "failed",
        rawStatus: wordOf(rawStatus),
      },
    };
  }
  const rawStatus = columns.state(cells);
  return {
    kind: "line",
    line: {
      ...shared,
      type: "payment",
      amountMinor: minorOf(columns.amount(cells)),
      status: rawStatus === "SUCCESS" ? "succeeded" : "failed",
      rawStatus: wordOf(rawStatus),
    },
  };
}

/** Rows of payments have `0` for the numbers of a refund. */
function orEmpty(text: string): string {
  return /^0*$/.test(text) ? "" : text;
}
