import { z } from "zod";

const formats = ["webhook", "dingtalk", "wecom", "feishu", "slack"] as const;
type Format = (typeof formats)[number];

/** Where alerts go, and how that place is spoken to. The address holds a token with every chat robot. */
type Target = { readonly format: Format; readonly url: string; readonly secret: string | undefined };

/** Robots that sign with a secret of their own; the others have theirs in the address. */
const signing: ReadonlySet<Format> = new Set(["webhook", "dingtalk", "feishu"]);
const maximumTargets = 10;
const loopback = /^(?:127\.\d+\.\d+\.\d+|localhost|\[::1\])$/;

/** Standard Webhooks 1.0.0, "Signature scheme": 24 to 64 bytes in base64. */
const minimumSecretBytes = 24;
const maximumSecretBytes = 64;
const webhookSecretForm = "must be whsec_ and 24 to 64 bytes in base64";

function isWebhookSecret(text: string): boolean {
  const encoded = /^whsec_([A-Za-z0-9+/]+={0,2})$/.exec(text)?.[1];
  if (encoded === undefined || encoded.length % 4 !== 0) return false;
  const bytes = Buffer.from(encoded, "base64").length;
  return bytes >= minimumSecretBytes && bytes <= maximumSecretBytes;
}

export const webhookSecret = z.string().refine(isWebhookSecret, { error: webhookSecretForm });

/**
 * `dingtalk+https://…#SEC…,slack+https://…`: formats and addresses, each with the secret it signs with behind a `#`. What
 * is wrong is told by place in the list; the list itself is secret.
 */
export const alertTargets = z
  .string()
  .default("")
  .transform((text, context): readonly Target[] => {
    const entries = text.split(",").map((entry) => entry.trim());
    const given = entries.filter((entry) => entry !== "");
    if (given.length > maximumTargets) {
      context.addIssue({ code: "custom", message: `has more than ${maximumTargets} addresses` });
    }
    return given.flatMap((entry, at) => {
      const read = readTarget(entry);
      if (typeof read !== "string") return [read];
      context.addIssue({ code: "custom", message: `address ${at + 1} ${read}` });
      return [];
    });
  });

/** An address, or what is wrong with it. */
function readTarget(entry: string): Target | string {
  const plus = entry.indexOf("+");
  const format = formats.find((known) => known === entry.slice(0, plus));
  if (format === undefined) return `must begin with one of ${formats.map((known) => `${known}+https://`).join(", ")}`;

  const url = URL.parse(entry.slice(plus + 1));
  if (url === null || !/^https?:$/.test(url.protocol)) return "is not an https address";
  if (url.username !== "" || url.password !== "") return "names a user, which is not sent";
  const secret = url.hash === "" ? undefined : url.hash.slice(1);
  url.hash = "";
  if (secret !== undefined && !signing.has(format)) return `has a secret behind #, which ${format} does not use`;
  if (secret !== undefined && format === "webhook" && !isWebhookSecret(secret)) {
    return `has a secret that ${webhookSecretForm}`;
  }
  return { format, url: url.href, secret };
}

type Given = {
  readonly NODE_ENV: string;
  readonly ALERT_URLS: readonly Target[];
  readonly ALERT_SECRET?: string | undefined;
};

/** What is wrong with addresses that read well, in this environment. */
export function alertMistakes({
  NODE_ENV,
  ALERT_URLS: targets,
  ALERT_SECRET,
}: Given): readonly { readonly name: "ALERT_URLS" | "ALERT_SECRET"; readonly text: string }[] {
  const plain = targets.flatMap(({ url }, at) => (isAllowed(url, NODE_ENV === "production") ? [] : [at + 1]));
  const rule = NODE_ENV === "production" ? "must be https" : "must be https, or http on this machine";
  const isUnsigned = targets.some(({ format, secret }) => format === "webhook" && secret === undefined);
  const repeated = new Set(targets.map(({ url }) => url)).size < targets.length;
  return [
    ...plain.map((at) => ({ name: "ALERT_URLS" as const, text: `address ${at} ${rule}` })),
    ...(repeated ? [{ name: "ALERT_URLS" as const, text: "names an address twice" }] : []),
    ...(isUnsigned && ALERT_SECRET === undefined
      ? [{ name: "ALERT_SECRET" as const, text: "is required: ALERT_URLS has a webhook without a secret of its own" }]
      : []),
  ];
}

function isAllowed(url: string, production: boolean): boolean {
  const { protocol, hostname } = new URL(url);
  return protocol === "https:" || (!production && loopback.test(hostname));
}
