import { z } from "zod";

const policies = ["hold", "refund", "revive"] as const;
type Policy = (typeof policies)[number];

/** What to do with money that an order cannot take: for most providers, and for those that are named. */
type Policies = { readonly otherwise: Policy; readonly byProvider: Readonly<Record<string, Policy>> };

/** `hold`, or `hold,wechat=refund,alipay=revive`: a policy for every provider, and others for some by name. */
export const latePaymentPolicies = z
  .string()
  .default("hold")
  .transform((text, context): Policies => {
    let otherwise: Policy | undefined;
    const byProvider = new Map<string, Policy>();
    for (const part of text.split(",").map((piece) => piece.trim())) {
      const [provider, word] = part.includes("=") ? splitAt(part) : [undefined, part];
      const policy = policies.find((known) => known === word);
      const mistake =
        policy === undefined
          ? `${word === "" ? "an empty word" : word} is not one of ${policies.join(", ")}`
          : repeated(provider, { otherwise, byProvider });
      if (mistake !== undefined) context.addIssue({ code: "custom", message: mistake });
      else if (provider === undefined) otherwise = policy;
      else if (policy !== undefined) byProvider.set(provider, policy);
    }
    return { otherwise: otherwise ?? "hold", byProvider: Object.fromEntries(byProvider) };
  });

function splitAt(part: string): readonly [string, string] {
  const at = part.indexOf("=");
  return [part.slice(0, at).trim(), part.slice(at + 1).trim()];
}

type Read = { readonly otherwise: Policy | undefined; readonly byProvider: ReadonlyMap<string, Policy> };

function repeated(provider: string | undefined, { otherwise, byProvider }: Read): string | undefined {
  if (provider === undefined) return otherwise === undefined ? undefined : "says twice what holds for all";
  if (provider === "") return "names no provider before =";
  return byProvider.has(provider) ? `names ${provider} twice` : undefined;
}
