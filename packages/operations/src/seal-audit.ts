import { auditSeals, duties, transact, type Tx } from "@zhanggui/db";

import { linkOf, rootHash, rootPosition } from "./audit-chain.ts";
import type { Engine } from "./engine.ts";

/** Entries under one seal: a batch that is held in memory. */
export const entriesASeal = 2_000;
const sealsARun = 100;
const headEverySeconds = 3_600;

/**
 * Puts finished audit entries under seals, oldest first, in batches and at most a hundred of them. Nobody who writes an
 * entry waits for it. Two workers that seal at once make one seal of each number.
 *
 * @returns how many entries were sealed.
 */
export async function sealAudit({ db }: Pick<Engine, "db">): Promise<number> {
  let sealed = 0;
  for (let run = 0; run < sealsARun; run += 1) {
    const entries = await transact(db, sealOne);
    sealed += entries;
    if (entries < entriesASeal) break;
  }
  return sealed;
}

async function sealOne(tx: Tx): Promise<number> {
  const newest = await auditSeals.newest(tx);
  const after = newest === undefined ? rootPosition : { xid: newest.last_xid, id: newest.last_id };
  const entries = await auditSeals.finished(tx, after, entriesASeal);
  const last = entries.at(-1);
  if (last === undefined) return 0;
  const added = await auditSeals.add(tx, {
    seq: String(BigInt(newest?.seq ?? "0") + 1n),
    last_xid: last.xid,
    last_id: last.id,
    rows: entries.length,
    ...linkOf(newest?.hash ?? rootHash, entries),
  });
  return added ? entries.length : 0;
}

/**
 * Tells the log where the chain ends, once an hour in the whole pool: a log that is kept elsewhere is what somebody who
 * rewrites all seals cannot rewrite with them.
 */
export async function tellAuditHead({ db, log }: Pick<Engine, "db" | "log">): Promise<void> {
  if (!(await duties.claim(db, "audit-head", headEverySeconds))) return;
  const newest = await auditSeals.newest(db);
  if (newest !== undefined) log.info({ seal: newest.seq, head: newest.hash.toString("hex") }, "the audit is sealed");
}
