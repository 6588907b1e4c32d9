import { auditSeals, type AuditSeal, type Db } from "@zhanggui/db";

import { canonicalText, linkOf, markBytes, markOf, rootHash, rootPosition } from "./audit-chain.ts";
import type { Check } from "./finding.ts";
import { entriesASeal } from "./seal-audit.ts";

/** Seals that are held in memory at a time. */
const sealsAPage = 50;
const countedAtMost = 100_000;

/**
 * Recomputes the chain of seals over the audit, in bounded memory, and names the first one that does not hold. With
 * `auditHead` it also says whether the chain still contains the seal that was noted elsewhere.
 */
export const auditChainCheck: Check = {
  name: "audit-chain",
  run: async ({ db }, { auditHead }) => {
    const walked = await walk(db);
    if (walked.broken !== undefined) return { ok: false, says: walked.broken, facts: { sealed: walked.entries } };

    const { newest, entries } = walked;
    const unsealed = await auditSeals.unsealed(db, positionOf(newest), countedAtMost);
    const head = newest?.hash.toString("hex") ?? null;
    const facts = { seals: newest?.seq ?? "0", sealed: entries, unsealed: unsealed.entries, head };
    const broken = await besideTheChain(db, unsealed, auditHead);
    if (broken !== undefined) return { ok: false, says: broken, facts };
    return {
      ok: true,
      says: `${entries} entries under ${facts.seals} seals, ${waiting(unsealed)}; head ${head ?? "none yet"}`,
      facts,
    };
  },
};

type Walked =
  | { readonly broken: string; readonly entries: number }
  | { readonly broken?: undefined; readonly entries: number; readonly newest: AuditSeal | undefined };

async function walk(db: Db): Promise<Walked> {
  let newest: AuditSeal | undefined;
  let entries = 0;
  for (;;) {
    const seals = await auditSeals.page(db, newest?.seq ?? "0", sealsAPage);
    for (const seal of seals) {
      const broken = await faultIn(db, seal, newest);
      if (broken !== undefined) return { broken: `seal ${seal.seq}: ${broken}`, entries };
      entries += seal.rows;
      newest = seal;
    }
    if (seals.length < sealsAPage) return { entries, newest };
  }
}

/** What is wrong with a seal, in a sentence for a person. */
async function faultIn(db: Db, seal: AuditSeal, previous: AuditSeal | undefined): Promise<string | undefined> {
  const expected = BigInt(previous?.seq ?? "0") + 1n;
  if (BigInt(seal.seq) !== expected) return `seal ${expected} before it is missing`;
  if (seal.rows > entriesASeal) return `claims ${seal.rows} entries, more than a seal ever has`;
  // One more than the seal has: an entry that was slipped in shows, and no more than this is ever read.
  const entries = await auditSeals.between(
    db,
    { after: positionOf(previous), upTo: { xid: seal.last_xid, id: seal.last_id } },
    seal.rows + 1,
  );
  const { hash } = linkOf(previous?.hash ?? rootHash, entries);
  if (entries.length === seal.rows && hash.equals(seal.hash)) return undefined;
  return firstDifference(seal, entries) ?? "its own digest was changed, or that of the seal before it";
}

/** Names the entry at which the audit departs from what was sealed. */
function firstDifference({ marks, rows }: AuditSeal, entries: readonly auditSeals.SealedFacts[]): string | undefined {
  const found = entries.map((entry) => markOf(canonicalText(entry)));
  const sealed = Array.from({ length: rows }, (_, at) => marks.subarray(at * markBytes, (at + 1) * markBytes));
  const isSame = (one: Buffer | undefined, other: Buffer | undefined) =>
    one !== undefined && other !== undefined && one.equals(other);

  for (let at = 0; at < Math.max(found.length, sealed.length); at += 1) {
    if (isSame(found[at], sealed[at])) continue;
    const id = entries[at]?.id;
    const before = entries[at - 1]?.id;
    const place = before === undefined ? "at its beginning" : `after entry ${before}`;
    if (id === undefined || (isSame(found[at], sealed[at + 1]) && !isSame(found[at + 1], sealed[at + 1]))) {
      return `an entry ${place} was deleted`;
    }
    const isAdded = at >= sealed.length || isSame(found[at + 1], sealed[at]);
    return isAdded ? `entry ${id} was added behind the seal` : `entry ${id} was changed, or stands for a deleted one`;
  }
  return undefined;
}

async function besideTheChain(
  db: Db,
  unsealed: auditSeals.Unsealed,
  auditHead: string | undefined,
): Promise<string | undefined> {
  if (unsealed.fromTheFuture > 0) return `${unsealed.fromTheFuture} entries name transactions that have not begun`;
  if (unsealed.counterIsBehind) {
    return "the server's transaction counter stands behind the newest seal: was it restored into another server?";
  }
  if (auditHead === undefined || (await auditSeals.hasHash(db, Buffer.from(auditHead, "hex")))) return undefined;
  return `no seal has the head ${auditHead}: the chain was made anew or cut`;
}

function positionOf(seal: AuditSeal | undefined): auditSeals.Position {
  return seal === undefined ? rootPosition : { xid: seal.last_xid, id: seal.last_id };
}

function waiting({ entries, oldestSeconds }: auditSeals.Unsealed): string {
  if (entries === 0) return "none waiting";
  const many = entries === countedAtMost ? `${entries} or more` : String(entries);
  return `${many} waiting for ${Math.round(oldestSeconds)} s`;
}
