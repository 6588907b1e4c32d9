import { keysOf } from "./account-keys.ts";
import { type Finding, dayOf, inspectAccount } from "./inspect-account.ts";
import { readProviders } from "./providers.ts";
import type { Account } from "./registry.ts";

export type InspectedAccount = {
  readonly id: string;
  readonly kind: Account["kind"];
  /** Their names, never themselves. */
  readonly keys: readonly string[];
  /** The day on which the first of its certificates ends. */
  readonly validUntil?: string;
  readonly findings: readonly Finding[];
};

export type ProvidersInspection =
  | { readonly ok: true; readonly accounts: readonly InspectedAccount[] }
  | { readonly ok: false; readonly problems: readonly string[] };

/** Reads the text of `PROVIDERS_FILE` and judges each account; what production refuses is wrong when it is meant for it. */
export function inspectProviders(
  text: string,
  { production, now }: { readonly production: boolean; readonly now: Date },
): ProvidersInspection {
  const reading = readProviders(text, false);
  if (!reading.ok) return reading;
  const strict = readProviders(text, production);
  const refusals = strict.ok ? [] : strict.problems.map(refusalOf);
  return {
    ok: true,
    accounts: [...reading.providers].map(([id, account]) => {
      const refused = refusals.filter((refusal) => refusal.id === id).map(({ finding }) => finding);
      const places = new Set(refused.map(({ place }) => place));
      const findings = inspectAccount(account, now).filter(({ place }) => !places.has(place));
      return { ...describe(id, account), findings: [...refused, ...findings] };
    }),
  };
}

function describe(id: string, account: Account): Omit<InspectedAccount, "findings"> {
  const keys = keysOf(account);
  const [first] = keys
    .flatMap(({ validity }) => (validity === undefined ? [] : [validity.until]))
    .toSorted((left, right) => left.getTime() - right.getTime());
  return {
    id,
    kind: account.kind,
    keys: keys.map(({ name }) => name),
    ...(first === undefined ? {} : { validUntil: dayOf(first) }),
  };
}

/** A problem of `readProviders` is `id.place: text`. */
function refusalOf(problem: string): { readonly id: string; readonly finding: Finding } {
  const colon = problem.indexOf(": ");
  const [id = "", ...place] = problem.slice(0, colon).split(".");
  return { id, finding: { severity: "wrong", place: place.join("."), text: problem.slice(colon + 2) } };
}
