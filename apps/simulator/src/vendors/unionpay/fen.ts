import { Decimal, toMinor } from "@zhanggui/domain";

/** Yuan text as fen text: `39.80` as `3980`. */
export function fenText(yuan: string): string {
  return String(toMinor(new Decimal(yuan)));
}
