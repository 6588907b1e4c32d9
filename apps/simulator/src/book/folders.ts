import type { BookRecord, Notice, Payment, Refund } from "./records.ts";

/** Beyond these the oldest are forgotten, so that neither memory nor a compacted journal grows for ever. */
const maximumPayments = 20_000;
const maximumNoticesPerPayment = 200;
const maximumRefundsPerPayment = 200;

/** One payment with everything that happened to it. */
export type Folder = {
  readonly payment: Payment;
  readonly refunds: ReadonlyMap<string, Refund>;
  readonly notices: ReadonlyMap<string, Notice>;
};

type OpenFolder = { payment: Payment; readonly refunds: Map<string, Refund>; readonly notices: Map<string, Notice> };

export type Folders = {
  readonly find: (provider: string, outTradeNo: string) => Folder | undefined;
  readonly findRefund: (provider: string, outRefundNo: string) => Refund | undefined;
  readonly all: () => Iterable<Folder>;
  readonly put: (record: BookRecord) => void;
};

/** The state in memory: whatever was put last under a key. A record of a forgotten payment is dropped. */
export function createFolders(): Folders {
  const folders = new Map<string, OpenFolder>();
  const byRefund = new Map<string, OpenFolder>();

  function putPayment(payment: Payment): void {
    const folder = folders.get(key(payment.provider, payment.outTradeNo));
    if (folder) {
      folder.payment = payment;
      return;
    }
    folders.set(key(payment.provider, payment.outTradeNo), { payment, refunds: new Map(), notices: new Map() });
    if (folders.size > maximumPayments) forgetOldest();
  }

  function forgetOldest(): void {
    for (const [oldest, { payment, refunds }] of folders) {
      for (const outRefundNo of refunds.keys()) byRefund.delete(key(payment.provider, outRefundNo));
      folders.delete(oldest);
      return;
    }
  }

  function putRefund(refund: Refund): void {
    const folder = folders.get(key(refund.provider, refund.outTradeNo));
    if (!folder) return;
    folder.refunds.set(refund.outRefundNo, refund);
    byRefund.set(key(refund.provider, refund.outRefundNo), folder);
  }

  function putNotice(notice: Notice): void {
    const notices = folders.get(key(notice.provider, notice.outTradeNo))?.notices;
    if (!notices) return;
    notices.set(notice.id, notice);
    const oldest = notices.keys().next();
    if (notices.size > maximumNoticesPerPayment && !oldest.done) notices.delete(oldest.value);
  }

  return {
    find: (provider, outTradeNo) => folders.get(key(provider, outTradeNo)),
    findRefund: (provider, outRefundNo) => byRefund.get(key(provider, outRefundNo))?.refunds.get(outRefundNo),
    all: () => folders.values(),
    put(record) {
      if (record.kind === "payment") putPayment(record);
      else if (record.kind === "refund") putRefund(record);
      else putNotice(record);
    },
  };
}

export function hasRoomForRefund(folder: Folder): boolean {
  return folder.refunds.size < maximumRefundsPerPayment;
}

/** A provider id holds no slash, so no two pairs share a key. */
function key(provider: string, number: string): string {
  return `${provider}/${number}`;
}
