import { instantOf } from "../wechat-v3/instant.ts";

const compact = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;
const spaced = /^(\d{4})-(\d\d)-(\d\d) (\d\d):(\d\d):(\d\d)$/;

/** Beijing has kept one offset since 1991. */
const beijing = "+08:00";

/** Reads `yyyyMMddHHmmss` or `yyyy-MM-dd HH:mm:ss` of Beijing, which carry no offset of their own. */
export function readBeijingTime(text: string): Date | undefined {
  const parts = compact.exec(text) ?? spaced.exec(text);
  if (parts === null) return undefined;
  const [, year, month, day, hour, minute, second] = parts;
  return instantOf(`${year}-${month}-${day}T${hour}:${minute}:${second}`, beijing);
}
