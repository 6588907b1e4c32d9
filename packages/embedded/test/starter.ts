import { startPostgres } from "../src/index.ts";

/** Run as a process of its own that the tests kill with -9: starts PostgreSQL, says its process id, and waits. */
const [, , directory = ""] = process.argv;
const { pid } = await startPostgres({ directory, durable: false, log: () => undefined });
process.stdout.write(`${pid}\n`);
