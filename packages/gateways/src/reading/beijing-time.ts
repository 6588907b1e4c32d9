import { instantOf } from "./instant.ts";

const compact = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;
const spaced = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)(\.\d{1,3})?$/;

/** Beijing has kept one offset since 1991. */
const beijing = "+08:00";

/**
 * Reads `yyyyMMddHHmmss` or `yyyy-MM-dd HH:mm:ss`, the latter with milliseconds in Alipay's `gmt_refund`. It is Beijing
 * time without saying so, whatever the field is called. `undefined` for another form and for days that do not exist.
 */
export function readBeijingTime(text: string): Date | undefined {
  const parts = compact.exec(text) ?? spaced.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second, fraction = ""] = parts;
  return instantOf(`${year}-${month}-${day}T${hour}:${minute}:${second}`, `${fraction}${beijing}`);
}
