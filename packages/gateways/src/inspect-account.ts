import { type AccountKey, keysOf } from "./account-keys.ts";
import { readRsaPrivateKey, readRsaPublicKey } from "./alipay/keys.ts";
import { minimumProductionSecret, unionpayName } from "./providers.ts";
import type { Account } from "./registry.ts";
import { readSecret } from "./standard-webhooks/keys.ts";

/** `wrong` loses payments today, a `warning` may do so later or makes forging easier. Neither shows a value. */
export type Finding = {
  readonly severity: "wrong" | "warning";
  /** The field of the account. */
  readonly place: string;
  readonly text: string;
};

const soonDays = 30;
const dayMs = 86_400_000;
const minimumRsaBits = 2_048;
/** Standard Webhooks 1.0.0, "Signature scheme". */
const minimumWebhookSecretBytes = 24;

/** What is wrong with an account that reads well, or will be soon. */
export function inspectAccount(account: Account, now: Date): readonly Finding[] {
  return [...addressFindings(account), ...ownFindings(account, now)];
}

/** A certificate of an account that ends within thirty days, or has ended. */
export type EndingKey = { readonly place: string; readonly until: Date };

/** Nothing for WeChat Pay while another of its keys stays good: old certificates may stand beside the new one. */
export function endingKeys(account: Account, now: Date): readonly EndingKey[] {
  const soon = new Date(now.getTime() + soonDays * dayMs);
  const keys = keysOf(account);
  if (account.kind === "wechat-v3" && keys.some((key) => isAlive(key, soon))) return [];
  return keys.flatMap(({ place, validity }) =>
    validity !== undefined && validity.until < soon ? [{ place, until: validity.until }] : [],
  );
}

function ownFindings(account: Account, now: Date): readonly Finding[] {
  switch (account.kind) {
    case "mock":
      return [
        ...(account.allowUnsigned === true ? [warning("allowUnsigned", "unsigned callbacks are believed")] : []),
        ...secretFindings(account),
      ];
    case "hmac":
      return secretFindings(account);
    case "stripe":
      return [...stripeFindings(account), ...secretFindings(account)];
    case "wechat-v3":
      return wechatFindings(keysOf(account), now);
    case "wechat-v2":
      return account.allowMd5 === false
        ? []
        : [warning("allowMd5", "notices signed with MD5 are accepted; false refuses them")];
    case "alipay":
      return [
        ...keyLengthFindings(account),
        ...keysOf(account).flatMap((key) => validityFindings(key, now, "warning")),
      ];
    case "unionpay":
      return [
        ...(account.unionpayName === unionpayName ? [] : [warning("unionpayName", "is not that of the live system")]),
        // The whole chain must be valid, so one bad certificate refuses every notice.
        ...keysOf(account).flatMap((key) => validityFindings(key, now, "wrong")),
      ];
    case "standard-webhooks": {
      const bytes = account.secret === undefined ? undefined : readSecret(account.secret)?.length;
      return bytes !== undefined && bytes < minimumWebhookSecretBytes
        ? [warning("secret", `is short: fewer than ${minimumWebhookSecretBytes} bytes`)]
        : [];
    }
  }
}

function addressFindings(account: Account): readonly Finding[] {
  return "baseUrl" in account && account.baseUrl?.startsWith("http://") === true
    ? [warning("baseUrl", "is http: calls and their answers can be read on the way")]
    : [];
}

type Secrets = { readonly secret: string; readonly previousSecrets?: readonly string[] | undefined };

function secretFindings({ secret, previousSecrets = [] }: Secrets): readonly Finding[] {
  const named = [["secret", secret], ...previousSecrets.map((old, at) => [`previousSecrets.${at}`, old])] as const;
  const short = named
    .filter(([, text = ""]) => text.length < minimumProductionSecret)
    .map(([place = ""]) => warning(place, `is short: fewer than ${minimumProductionSecret} characters`));
  if (previousSecrets.length === 0) return short;
  return [...short, warning("previousSecrets", "are accepted as well; take them out when the rotation is over")];
}

function stripeFindings({ livemode, apiKey }: Extract<Account, { kind: "stripe" }>): readonly Finding[] {
  const mode = /^[a-z]+_(test|live)_/.exec(apiKey)?.[1];
  if (mode !== undefined && (mode === "live") !== livemode) {
    return [{ severity: "wrong", place: "apiKey", text: `is a ${mode} key, and livemode is ${livemode}` }];
  }
  return livemode ? [] : [warning("livemode", "is false: only test payments are taken")];
}

/** One of WeChat's keys may come and go as long as another one verifies. */
function wechatFindings(keys: readonly AccountKey[], now: Date): readonly Finding[] {
  const soon = new Date(now.getTime() + soonDays * dayMs);
  const verifies = keys.some((key) => isAlive(key, now));
  const findings = keys.flatMap((key) => validityFindings(key, now, verifies ? "warning" : "wrong"));
  if (keys.some((key) => isAlive(key, soon))) return findings;
  return [
    ...findings,
    warning("keys", `none is valid in ${soonDays} days: add WeChat's next certificate or its public key`),
  ];
}

function isAlive({ validity }: AccountKey, at: Date): boolean {
  return validity === undefined || (validity.from <= at && at <= validity.until);
}

function validityFindings({ place, validity }: AccountKey, now: Date, dead: Finding["severity"]): readonly Finding[] {
  if (validity === undefined) return [];
  const { from, until } = validity;
  if (until < now) return [{ severity: dead, place, text: `has expired on ${dayOf(until)}` }];
  if (from > now) return [{ severity: dead, place, text: `is not valid before ${dayOf(from)}` }];
  return until.getTime() - now.getTime() < soonDays * dayMs ? [warning(place, `expires on ${dayOf(until)}`)] : [];
}

function keyLengthFindings(account: Extract<Account, { kind: "alipay" }>): readonly Finding[] {
  const keys = [
    ["alipayPublicKey", readRsaPublicKey(account.alipayPublicKey)],
    ["appPrivateKey", readRsaPrivateKey(account.appPrivateKey)],
  ] as const;
  return keys
    .filter(([, key]) => (key?.asymmetricKeyDetails?.modulusLength ?? 0) < minimumRsaBits)
    .map(([place]) => warning(place, `is short: fewer than ${minimumRsaBits} bits`));
}

function warning(place: string, text: string): Finding {
  return { severity: "warning", place, text };
}

/** A certificate's date as tools print it, in UTC. */
export function dayOf(at: Date): string {
  return at.toISOString().slice(0, 10);
}
