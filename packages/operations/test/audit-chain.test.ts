import { audit, auditSeals, transact } from "@zhanggui/db";
import { sql } from "kysely";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { runChecks, sealAudit } from "../src/index.ts";
import { type Shop, openShop } from "./support/shop.ts";

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
});
afterAll(() => shop.close());

/** As somebody with the table's owner's rights would, who switches the triggers off first. */
async function tamper(statement: string): Promise<void> {
  await sql
    .raw(`set session_replication_role = replica; ${statement}; reset session_replication_role`)
    .execute(shop.db);
}

beforeEach(() => tamper("delete from audit_seals; delete from audit"));

function write(entity: string, reason?: string): Promise<void> {
  const entry = { actor: "operator-1", action: "test", entity: "job", entityId: entity, reason } as const;
  return transact(shop.db, (tx) => audit.write(tx, [{ ...entry, before: { at: 1 }, after: { at: 2 } }]));
}

/** Seals until nothing waits: other databases of the same server may hold the oldest transaction open for a moment. */
async function sealAll(): Promise<void> {
  await expect
    .poll(
      async () => {
        await sealAudit(shop.engine);
        const newest = await auditSeals.newest(shop.db);
        const after = newest === undefined ? { xid: "0", id: "0" } : { xid: newest.last_xid, id: newest.last_id };
        return (await auditSeals.unsealed(shop.db, after, 10)).entries;
      },
      { timeout: 10_000 },
    )
    .toBe(0);
}

async function check(auditHead?: string) {
  const [checked] = await runChecks(shop.engine, { auditHead });
  if (checked === undefined) throw new Error("nothing was checked");
  return checked;
}

/** The ids of the entries, oldest first. */
async function ids(): Promise<string[]> {
  return (await shop.db.selectFrom("audit").select("id").orderBy("id").execute()).map(({ id }) => id);
}

describe("an audit that nobody touched", () => {
  test("holds when it is empty", async () => {
    expect(await check()).toMatchObject({ name: "audit-chain", ok: true, facts: { seals: "0", head: null } });
  });

  test("holds over many seals, and tells its head", async () => {
    for (const entity of ["1", "2", "3"]) {
      await write(entity);
      await sealAll();
    }

    const { ok, facts } = await check();

    expect({ ok, facts }).toMatchObject({ ok: true, facts: { sealed: 3, unsealed: 0 } });
    expect(Number(facts["seals"])).toBe(3);
    expect(facts["head"]).toMatch(/^[0-9a-f]{64}$/);
  });

  test("is sealed once by workers that seal at the same moment", async () => {
    for (let at = 0; at < 20; at += 1) await write(String(at));

    await Promise.all(Array.from({ length: 8 }, () => sealAudit(shop.engine)));
    await sealAll();

    expect(await check()).toMatchObject({ ok: true, facts: { sealed: 20 } });
  });

  test("shows which entries are sealed", async () => {
    await write("sealed");
    await sealAll();
    await write("not yet");

    const page = await audit.page(shop.db, { limit: 2 });

    expect(page.map(({ entity_id, sealed }) => [entity_id, sealed])).toEqual([
      ["not yet", false],
      ["sealed", true],
    ]);
  });

  test("holds when fifty transactions write it at once, in any order of commit, while it is being sealed", async () => {
    let writing = true;
    const sealing = (async () => {
      while (writing) await sealAudit(shop.engine);
    })();
    const writer = async (at: number): Promise<void> => {
      await transact(shop.db, async (tx) => {
        await audit.write(tx, [{ actor: "test", action: "test", entity: "job", entityId: `${at} first` }]);
        await sql`select pg_sleep(${Math.random() * 0.2})`.execute(tx);
        await audit.write(tx, [{ actor: "test", action: "test", entity: "job", entityId: `${at} second` }]);
      });
    };

    await Promise.all(Array.from({ length: 50 }, (_, at) => writer(at)));
    writing = false;
    await sealing;
    await sealAll();

    expect(await check()).toMatchObject({ ok: true, facts: { sealed: 100, unsealed: 0 } });
  });

  test("does not seal past a transaction that is still open", async () => {
    await shop.db.transaction().execute(async (tx) => {
      await audit.write(tx, [{ actor: "test", action: "test", entity: "job", entityId: "slow" }]);
      await write("quick");
      expect(await sealAudit(shop.engine)).toBe(0);
    });

    await sealAll();

    expect(await check()).toMatchObject({ ok: true, facts: { sealed: 2 } });
  });
});

describe("an audit whose past was changed", () => {
  beforeEach(async () => {
    for (const entity of ["a", "b"]) await write(entity);
    await sealAll();
    for (const entity of ["c", "d", "e"]) await write(entity, "because");
    await sealAll();
  });

  test.each([
    ["actor", "'somebody else'"],
    ["reason", "null"],
    ["after", `'{"at": 3}'`],
    ["at", "at + interval '1 microsecond'"],
    ["evidence", "'cb_1'"],
  ])("in an entry's %s is found, with the entry", async (column, value) => {
    const id = (await ids())[3] ?? "";
    await tamper(`update audit set ${column} = ${value} where id = ${id}`);

    const { ok, says } = await check();

    expect(ok).toBe(false);
    expect(says).toContain(`entry ${id} was changed`);
  });

  test("by deleting an entry is found, with its place", async () => {
    const [, , before, gone] = await ids();
    await tamper(`delete from audit where id = ${gone ?? ""}`);

    expect(await check()).toMatchObject({
      ok: false,
      says: expect.stringContaining(`after entry ${before ?? ""} was deleted`),
    });
  });

  test("by deleting the last entry of a seal is found", async () => {
    const gone = (await ids()).at(-1) ?? "";
    await tamper(`delete from audit where id = ${gone}`);

    expect(await check()).toMatchObject({ ok: false, says: expect.stringContaining("was deleted") });
  });

  test("by writing an entry as an old transaction is found, with the entry", async () => {
    const second = (await ids())[3] ?? "";
    await tamper(`insert into audit (id, actor, action, entity, entity_id, xid) overriding system value
      select 999999, 'forger', 'test', 'job', 'x', xid from audit where id = ${(await ids())[2] ?? ""}`);

    const { ok, says } = await check();

    expect(ok).toBe(false);
    expect(says).toContain("entry 999999 was added behind the seal");
    expect(says).not.toContain(second);
  });

  test("by writing an entry as a transaction to come is found", async () => {
    await tamper(`insert into audit (actor, action, entity, entity_id, xid)
      select 'forger', 'test', 'job', 'x', '9999999999'::xid8`);

    expect(await check()).toMatchObject({
      ok: false,
      says: expect.stringContaining("transactions that have not begun"),
    });
  });

  test("by changing a seal's hash is found at the seal after it at the latest", async () => {
    const seal = (await auditSeals.page(shop.db, "0", 1))[0];
    await tamper(`update audit_seals set hash = sha256('x') where seq = ${seal?.seq ?? ""}`);

    expect(await check()).toMatchObject({ ok: false, says: expect.stringContaining(`seal ${seal?.seq ?? ""}:`) });
  });

  test("by taking a seal out of the chain is found", async () => {
    const seal = (await auditSeals.page(shop.db, "0", 1))[0];
    await tamper(`delete from audit_seals where seq = ${seal?.seq ?? ""}`);

    expect(await check()).toMatchObject({ ok: false, says: expect.stringContaining("missing") });
  });

  test("and sealed anew from the beginning is found by a head that was noted elsewhere", async () => {
    const noted = String((await check()).facts["head"]);
    expect((await check(noted)).ok).toBe(true);
    await tamper("update audit set actor = 'somebody else'; delete from audit_seals");
    await sealAll();

    expect((await check()).ok).toBe(true);
    expect(await check(noted)).toMatchObject({ ok: false, says: expect.stringContaining("made anew or cut") });
  });
});

test.each(["update audit_seals set rows = 1", "delete from audit_seals", "truncate audit_seals"])(
  "a seal refuses %j",
  async (statement) => {
    await write("1");
    await sealAll();

    await expect(sql.raw(statement).execute(shop.db)).rejects.toMatchObject({ code: "23001" });
  },
);
