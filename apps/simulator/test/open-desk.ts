import { mkdtemp, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";

import { createLogger } from "@zhanggui/runtime";

import { openBook } from "../src/book/book.ts";
import type { Desk } from "../src/desk/desk.ts";
import { openRefundDesk } from "../src/desk/refund-desk.ts";
import { type Courier, openCourier } from "../src/notices/courier.ts";

export type OpenDesk = Desk & {
  readonly courier: Courier;
  readonly apiUrl: string;
  readonly stop: () => Promise<void>;
};

/** A desk with a real book and courier; nobody is told, as no provider has a scheme. */
export async function openDesk(): Promise<OpenDesk> {
  const directory = await mkdtemp(join(tmpdir(), "zhanggui-simulator-"));
  const logger = createLogger("simulator", "silent");
  const now = () => new Date();
  const book = await openBook(directory, { logger, now });
  const common = { book, speed: 1_000, logger, now };
  const courier = openCourier({ ...common, schemes: new Map() });
  const refundDesk = openRefundDesk({ ...common, courier });
  return {
    provider: "p",
    book,
    refundDesk,
    courier,
    apiUrl: "http://127.0.0.1:9",
    now: common.now,
    numbers: { transactionId: () => `t${crypto.randomUUID()}`, refundId: () => `r${crypto.randomUUID()}` },
    async stop() {
      refundDesk.stop();
      await courier.stop();
      book.close();
      await rm(directory, { recursive: true });
    },
  };
}
