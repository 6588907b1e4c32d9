import { openZip } from "../reading/zip.ts";

/** The bill comes with a summary of itself beside it. */
const summaryMark = "汇总";

/** Unpacks the one detail file of Alipay's daily zip, which is GBK and is left so. `undefined` when there is none. */
export function openBill(zip: Buffer): AsyncIterable<Uint8Array> | undefined {
  return openZip(zip, (name) => name.endsWith(".csv") && !name.includes(summaryMark));
}
