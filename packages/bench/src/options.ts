import { Command, InvalidArgumentError, Option } from "commander";

export type Backend = "redis" | "postgres";

export type BenchOptions = {
  readonly orders: number;
  readonly callbacks: number;
  readonly expiring: number;
  readonly backend: Backend | "both";
  readonly quick: boolean;
  /** Where the JSON is written. */
  readonly output: string;
  /** Where the CPU profiles of api and worker are written, if anywhere. */
  readonly profile: string | undefined;
};

type Sizes = Pick<BenchOptions, "orders" | "callbacks" | "expiring">;

const usual: Sizes = { orders: 2_000, callbacks: 5_000, expiring: 5_000 };
/** Enough to see that everything works; its numbers mean nothing. */
const quickly: Sizes = { orders: 100, callbacks: 200, expiring: 100 };
const most = 1_000_000;

/** Reads the command line; mistakes are told by commander, which then exits. */
export function readOptions(words: readonly string[]): BenchOptions {
  const parsed = new Command("bench")
    .description("Measures orders, callbacks and expiry against their ceilings on this machine.")
    .option("--orders <n>", `orders placed over HTTP (${usual.orders})`, count)
    .option("--callbacks <n>", `callbacks sent (${usual.callbacks})`, count)
    .option("--expiring <n>", `orders due within one second (${usual.expiring})`, count)
    .addOption(
      new Option("--backend <name>", "where the queue lives").choices(["redis", "postgres", "both"]).default("both"),
    )
    .option("--quick", "a smoke test of a few seconds", false)
    .option("--output <folder>", "where the JSON goes", "bench-results")
    .option("--profile <folder>", "also write CPU profiles of api and worker there")
    .parse([...words], { from: "user" })
    .opts<Partial<Sizes> & Pick<BenchOptions, "backend" | "quick" | "output"> & { profile?: string }>();
  const sizes = parsed.quick ? quickly : usual;
  return { ...sizes, ...parsed, profile: parsed.profile };
}

function count(text: string): number {
  const value = Number(text);
  if (Number.isInteger(value) && value > 0 && value <= most) return value;
  throw new InvalidArgumentError(`must be a whole number from 1 to ${most}.`);
}
