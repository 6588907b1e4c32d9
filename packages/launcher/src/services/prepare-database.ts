import { boot, shutDown } from "@zhanggui/boot";
import { products } from "@zhanggui/db";
import { type Engine, putProduct } from "@zhanggui/operations";
import type { Environment, Logger } from "@zhanggui/runtime";

import { demoCatalogue } from "./demo-catalogue.ts";

const poolSize = 2;

/** Brings the schema up to date once, before several processes would, and fills an empty shop outside production. */
export async function prepareDatabase(environment: Environment, log: Logger): Promise<void> {
  const booted = await boot(environment, { name: "start", poolSize, log, now: () => new Date() });
  try {
    if (environment.NODE_ENV !== "production") await seed(booted.engine);
  } finally {
    await shutDown(booted);
  }
}

async function seed(engine: Engine): Promise<void> {
  if (!(await products.isEmpty(engine.db))) return;
  for (const product of demoCatalogue) {
    await putProduct(engine, { ...product, actor: "system:start", reason: "demo catalogue" });
  }
}
