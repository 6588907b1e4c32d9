import { decimalsOf, stripeAmount, stripeMinor } from "@zhanggui/gateways";
import { Decimal } from "@zhanggui/domain";

import { ParameterRefusal, missing } from "./refusal.ts";

const maximumParameters = 1_000;
const maximumMetadataKeys = 50;
const maximumMetadataKey = 40;
const maximumMetadataValue = 500;

/** By their bracketed names, such as `line_items[0][price_data][currency]`. */
export type Parameters = ReadonlyMap<string, string>;
export type Metadata = Readonly<Record<string, string>>;

/** Reads a form or a query; `expand[]` becomes `expand[0]`, `expand[1]`. */
export function readParameters(text: string): Parameters {
  const parameters = new Map<string, string>();
  for (const [name, value] of new URLSearchParams(text)) {
    if (parameters.size >= maximumParameters) throw new ParameterRefusal(name, "Too many parameters.");
    parameters.set(
      name.replace("[]", () => `[${parameters.size}]`),
      value,
    );
  }
  return parameters;
}

export function required(parameters: Parameters, name: string): string {
  const value = parameters.get(name);
  if (value === undefined || value === "") throw missing(name);
  return value;
}

export function integer(parameters: Parameters, name: string): number | undefined {
  const text = parameters.get(name);
  if (text === undefined) return undefined;
  if (!/^-?\d{1,12}$/.test(text))
    throw new ParameterRefusal(name, `Invalid integer: ${text}`, "parameter_invalid_integer");
  return Number(text);
}

/** The metadata under a prefix, such as `payment_intent_data[metadata]`. */
export function metadataUnder(parameters: Parameters, prefix = "metadata"): Metadata {
  const metadata: Record<string, string> = {};
  for (const [name, value] of parameters) {
    if (!name.startsWith(`${prefix}[`) || !name.endsWith("]")) continue;
    const key = name.slice(prefix.length + 1, -1);
    if (key === "" || key.length > maximumMetadataKey || value.length > maximumMetadataValue) {
      throw new ParameterRefusal(name, "Metadata keys have up to 40 characters and values up to 500.");
    }
    // An empty value is how a key is unset.
    if (value !== "") metadata[key] = value;
  }
  if (Object.keys(metadata).length > maximumMetadataKeys) {
    throw new ParameterRefusal(prefix, `You can have up to ${maximumMetadataKeys} metadata keys.`);
  }
  return metadata;
}

/** Whether `expand[]` names it. */
export function isExpanded(parameters: Parameters, path: string): boolean {
  return [...parameters].some(([name, value]) => /^expand\[\d+\]$/.test(name) && value === path);
}

/** An upper-case ISO code. */
export function currencyUnder(parameters: Parameters, name: string): string {
  const text = required(parameters, name);
  if (!/^[a-z]{3}$/i.test(text)) throw new ParameterRefusal(name, `Invalid currency: ${text}.`);
  return text.toUpperCase();
}

/** The amount of an integer of minor units, where Stripe takes it in this currency. */
export function amountOf(minor: number, currency: string, param: string): Decimal {
  const amount = stripeAmount(minor, currency);
  if (minor < 1) throw new ParameterRefusal(param, `Invalid positive integer: ${minor}`, "parameter_invalid_integer");
  if (stripeMinor(amount, currency) === minor) return amount;
  throw new ParameterRefusal(param, `${minor} is no amount of ${currency} that can be charged.`, "amount_too_large");
}

/** Minor units of an amount of the book; what a currency has no coin for is dropped, which only a fault brings about. */
export function minorOf(text: string, currency: string): number {
  const scale = new Decimal(10).pow(decimalsOf(currency));
  return new Decimal(text).times(scale).floor().toNumber();
}
