import { createHash } from "node:crypto";

import type { auditSeals } from "@zhanggui/db";

/** So much of each entry's own digest stands beside its seal. */
export const markBytes = 8;

/** What the first seal has in place of a seal before it. */
export const rootHash: Uint8Array = new Uint8Array(32);

export const rootPosition: auditSeals.Position = { xid: "0", id: "0" };

/** Reads the chain on: `hash` covers everything since the root, `marks` holds eight bytes for each entry. */
export type Link = { readonly hash: Buffer; readonly marks: Buffer };

/** One seal: the digest of the seal before it and of its entries in order, and a mark for each of them. */
export function linkOf(previousHash: Uint8Array, entries: readonly auditSeals.SealedFacts[]): Link {
  const hash = createHash("sha256").update(previousHash);
  const marks = entries.map((entry) => {
    const text = canonicalText(entry);
    hash.update(text);
    return markOf(text);
  });
  return { hash: hash.digest(), marks: Buffer.concat(marks) };
}

/** Eight bytes by which one entry is told from another. */
export function markOf(text: string): Buffer {
  return createHash("sha256").update(text).digest().subarray(0, markBytes);
}

/** One entry as it is sealed: a JSON array of texts and nulls in a fixed order, so that no two entries read the same. */
export function canonicalText(entry: auditSeals.SealedFacts): string {
  const { xid, id, at, actor, action, entity, entity_id, order_id, before, after, reason, evidence } = entry;
  return `${JSON.stringify([xid, id, at, actor, action, entity, entity_id, order_id, before, after, reason, evidence])}\n`;
}
