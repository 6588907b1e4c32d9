import { createDecipheriv } from "node:crypto";
import { z } from "zod";

import { readBase64 } from "../reading/base64.ts";
import { type JsonObject, readJsonObject } from "../reading/strict-json.ts";

const tagBytes = 16;
const nonceBytes = 12;

/** The outer, readable part of a notice (WeChat Pay v3 "通知报文"). */
const envelope = z.object({
  id: z.string().regex(/^[\x21-\x7e]{1,64}$/),
  event_type: z.string().regex(/^[A-Z][A-Z0-9_.]{0,63}$/),
  resource_type: z.literal("encrypt-resource").optional(),
  resource: z.object({
    algorithm: z.literal("AEAD_AES_256_GCM"),
    ciphertext: z.string().min(1),
    nonce: z.string().refine((text) => Buffer.byteLength(text) === nonceBytes),
    associated_data: z.string().nullish(),
  }),
});

export type Envelope = z.infer<typeof envelope>;

export function readEnvelope(body: Uint8Array): Envelope | undefined {
  return envelope.safeParse(readJsonObject(body)).data;
}

/**
 * Decrypts what a notice says: AES-256-GCM under the APIv3 key, the tag being the last 16 bytes. `undefined` when the
 * tag does not agree; wechatpay-node-v3 never calls `final()` and lets any bit be flipped.
 */
export function decrypt({ resource }: Envelope, apiV3Key: string): JsonObject | undefined {
  const bytes = readBase64(resource.ciphertext);
  if (bytes === undefined || bytes.length <= tagBytes) return undefined;
  const decipher = createDecipheriv("aes-256-gcm", Buffer.from(apiV3Key), Buffer.from(resource.nonce), {
    authTagLength: tagBytes,
  });
  decipher.setAAD(Buffer.from(resource.associated_data ?? ""));
  decipher.setAuthTag(bytes.subarray(-tagBytes));
  try {
    return readJsonObject(Buffer.concat([decipher.update(bytes.subarray(0, -tagBytes)), decipher.final()]));
  } catch {
    return undefined;
  }
}
