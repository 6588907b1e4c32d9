import { z } from "zod";

import type { Extra, Payment, Refund } from "../../book/records.ts";
import type { Metadata } from "./parameters.ts";

/** Stripe's own words of a payment, kept in `extra`; one that has no session is a payment intent by itself. */
export type Words = {
  readonly session?: string | undefined;
  readonly returnUrl?: string | undefined;
  readonly cancelUrl?: string | undefined;
  readonly clientReferenceId?: string | undefined;
  readonly metadata: Metadata;
  readonly intentMetadata: Metadata;
};

/** Of a refund that was pending when it was answered. */
export const pendingWord = "pending";

const metadataText = z.record(z.string(), z.string());

export function writeWords({ metadata, intentMetadata, ...texts }: Words): Extra {
  const given = Object.entries(texts).flatMap(([name, text]) => (text === undefined ? [] : [[name, text] as const]));
  return {
    ...Object.fromEntries<string>(given),
    metadata: JSON.stringify(metadata),
    intentMetadata: JSON.stringify(intentMetadata),
  };
}

export function readWords({ extra = {} }: Payment): Words {
  return {
    session: extra["session"],
    returnUrl: extra["returnUrl"],
    cancelUrl: extra["cancelUrl"],
    clientReferenceId: extra["clientReferenceId"],
    metadata: readMetadata(extra["metadata"]),
    intentMetadata: readMetadata(extra["intentMetadata"]),
  };
}

export function metadataOf({ extra }: Refund): Metadata {
  return readMetadata(extra?.["metadata"]);
}

function readMetadata(text = "{}"): Metadata {
  return metadataText.parse(JSON.parse(text));
}
