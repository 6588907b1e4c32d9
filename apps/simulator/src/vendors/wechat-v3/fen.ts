import { Decimal, toMinor } from "@zhanggui/domain";

/** Fen of yuan text that is known to be an amount: the book's, or one that an instruction was checked for. */
export function fenOf(yuan: string): number {
  return toMinor(new Decimal(yuan));
}
