import { createHmac, timingSafeEqual } from "node:crypto";

import { secretName } from "../key-names.ts";

const maximumItems = 20;
const lowerHexDigest = /^[0-9a-f]{64}$/;

export type StripeSignature = { readonly timestamp: string; readonly signatures: readonly Buffer[] };

/**
 * Reads `t=<unix>,v1=<hex>[,v1=…][,v0=…]` (docs.stripe.com/webhooks/signature). Two `v1` are normal while a secret is
 * rolled; `v0` is for test events and never counts, nor does any other scheme or junk. `undefined` without exactly one
 * `t`, and without a single well-formed `v1`: on those stripe-node throws a RangeError or a bare Error.
 */
export function readStripeSignature(header: string): StripeSignature | undefined {
  const items = header.split(",", maximumItems).map((item) => {
    const at = item.indexOf("=");
    return { scheme: item.slice(0, Math.max(at, 0)), value: item.slice(at + 1) };
  });
  const [time, ...moreTimes] = items.filter(({ scheme }) => scheme === "t");
  const digests = items.filter(({ scheme, value }) => scheme === "v1" && lowerHexDigest.test(value));
  if (time === undefined || moreTimes.length > 0 || digests.length === 0) return undefined;
  return { timestamp: time.value, signatures: digests.map(({ value }) => Buffer.from(value, "hex")) };
}

/**
 * The name of the secret under which one of the signatures is the HMAC-SHA256 of `t.body`: the whole secret text is the
 * key, `whsec_` included. All are tried with all, so that time does not tell which. Over the bytes that came;
 * stripe-node decodes them as text first, and so drops a byte-order mark
 * and replaces bytes that are not UTF-8.
 */
export function signerOf(
  { timestamp, signatures }: StripeSignature,
  body: Uint8Array,
  secrets: readonly string[],
): string | undefined {
  const at = secrets
    .map((secret) => {
      const expected = createHmac("sha256", secret).update(`${timestamp}.`, "utf8").update(body).digest();
      return secret !== "" && signatures.map((signature) => timingSafeEqual(signature, expected)).includes(true);
    })
    .indexOf(true);
  return at === -1 ? undefined : secretName(at);
}
