import { Decimal } from "decimal.js";

/** Yuan text as it travels: no sign, no exponent, no leading zeros, at most two decimals, below 10^12. */
const yuanText = /^(?:0|[1-9][0-9]{0,11})(?:\.[0-9]{1,2})?$/;

/** The specification's rule: two amounts agree when they differ by less than this many yuan. */
const tolerance = new Decimal("0.01");

/** Minor units (fen, cents) in one yuan or any other two-decimal unit. */
const minorPerMajor = 100;

/** Reads yuan text. `undefined` for anything that is not exactly an amount: `parseFloat` would accept trailing junk. */
export function parseAmount(text: string): Decimal | undefined {
  return yuanText.test(text) ? new Decimal(text) : undefined;
}

/** Yuan text with two decimals, as every answer carries it. */
export function formatAmount(amount: Decimal): string {
  return amount.toFixed(2);
}

/** The specification's amount check (支付金额校验): with two decimals this is equality to the fen. */
export function amountsAgree(left: Decimal, right: Decimal): boolean {
  return left.minus(right).abs().lessThan(tolerance);
}

/** Integer fen of a yuan amount; exact, because an amount has at most two decimals. */
export function toMinor(amount: Decimal): number {
  return amount.times(minorPerMajor).toNumber();
}

/** Yuan of an integer number of fen. */
export function fromMinor(minor: number): Decimal {
  return new Decimal(minor).dividedBy(minorPerMajor);
}

/** The total of order lines in yuan, rounded nowhere: prices have two decimals and quantities are whole. */
export function totalOf(lines: readonly { readonly unitPrice: Decimal; readonly quantity: number }[]): Decimal {
  return lines.reduce((sum, line) => sum.plus(line.unitPrice.times(line.quantity)), new Decimal(0));
}
