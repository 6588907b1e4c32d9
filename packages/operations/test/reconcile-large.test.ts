import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";

import { sql } from "kysely";
import { afterAll, beforeAll, expect, test } from "vitest";

import { reconcile } from "../src/index.ts";
import { type Shop, openShop } from "./support/shop.ts";
import { shanghaiDay, statementText } from "./support/statements.ts";

/** A million by hand: `STATEMENT_LINES=1000000`. */
const lines = Number(process.env["STATEMENT_LINES"] ?? 100_000);
/** What is reachable; the process itself grows by its nursery as well, which V8 sizes by how much it is given to do. */
const maximumLiveGrowthBytes = 50 * 1024 ** 2;
const maximumGrowthBytes = 400 * 1024 ** 2;
const linesAMeasure = 25_000;
const testLimitMs = 10 * 60_000;
const linesAChunk = 500;
const day = shanghaiDay(-1);

setFlagsFromString("--expose-gc");
const collectGarbage = runInNewContext("gc") as () => void;

function liveBytes(): number {
  collectGarbage();
  return process.memoryUsage().heapUsed;
}

let shop: Shop;
beforeAll(async () => {
  shop = await openShop();
  await sql`
    insert into receipts (provider, transaction_id, amount, currency, out_trade_no, booked_at)
    select 'till', 'L' || number, 39.80, 'CNY', 'P' || number,
      ${`${day}T00:30:00+08:00`}::timestamptz + make_interval(secs => number * 80000.0 / ${lines}::int)
    from generate_series(1, ${lines}::int) as number
  `.execute(shop.db);
}, testLimitMs);
afterAll(() => shop.close());

/** Every receipt but the last; and a stranger instead. */
async function* largeFile(): AsyncGenerator<Uint8Array> {
  const time = `${day}T12:00:00+08:00`;
  yield Buffer.from(statementText([]));
  for (let first = 1; first < lines; first += linesAChunk) {
    const length = Math.min(linesAChunk, lines - first);
    const rows = Array.from(
      { length },
      (_, at) => `payment,P${first + at},L${first + at},,39.80,0.24,SUCCESS,${time}\n`,
    );
    yield Buffer.from(rows.join(""));
  }
  yield Buffer.from(`payment,P0,L0,,39.80,0.24,SUCCESS,${time}\n`);
}

test(
  "a statement of very many lines is compared in bounded memory",
  async () => {
    const before = { live: liveBytes(), all: process.memoryUsage().rss };
    const most = { ...before };
    const startedAt = performance.now();

    const { kind, run } = await reconcile(
      shop.engine,
      { provider: "till", date: day, source: "file", file: largeFile(), askedBy: "test" },
      (progress) => {
        most.all = Math.max(most.all, process.memoryUsage().rss);
        if (progress.step === "reading" && progress.lines % linesAMeasure === 0) {
          most.live = Math.max(most.live, liveBytes());
        }
      },
    );

    const seconds = Math.round((performance.now() - startedAt) / 1000);
    const grown = { live: most.live - before.live, all: most.all - before.all };
    const mebibytes = (bytes: number) => `${Math.round(bytes / 1024 ** 2)} MiB`;
    process.stdout.write(
      `${lines} lines: ${seconds} s, ${mebibytes(grown.live)} more live, ${mebibytes(grown.all)} more in all\n`,
    );
    expect({ kind, state: run.state, lines: run.lines, differences: run.differences }).toEqual({
      kind: "done",
      state: "differences",
      lines,
      differences: 2,
    });
    expect(grown.live).toBeLessThan(maximumLiveGrowthBytes);
    expect(grown.all).toBeLessThan(maximumGrowthBytes);
  },
  testLimitMs,
);
