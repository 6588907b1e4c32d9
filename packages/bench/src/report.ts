import type { PlainSql } from "./ceilings/plain-sql.ts";
import type { Conservation } from "./conservation.ts";
import type { Rate } from "./load/load.ts";
import type { Machine } from "./machine.ts";
import type { CallbackMeasure } from "./measures/callbacks.ts";
import type { ExpiryMeasure } from "./measures/expiry.ts";
import type { Backend, BenchOptions } from "./options.ts";

/** What one queue backend did, and what the barest endpoint with the same queue did. */
export type BackendReport = {
  readonly backend: Backend;
  readonly orders: Rate;
  readonly callbacks: CallbackMeasure;
  readonly expiry: ExpiryMeasure;
  readonly ceiling: { readonly endpointWithAdd: Rate };
  /** Each measure divided by what it is compared with: these are to be quoted, machines differ. */
  readonly ratios: {
    readonly ordersToPlainSql: number;
    readonly acknowledgedToBareEndpoint: number;
    readonly acknowledgedToEndpointWithAdd: number;
    readonly settledToPlainSql: number;
    readonly expiredToPlainSql: number;
  };
};

export type Report = {
  readonly startedAt: string;
  readonly durationSeconds: number;
  readonly options: Pick<BenchOptions, "orders" | "callbacks" | "expiring" | "backend" | "quick">;
  /** How everything ran, where it bears on the numbers. */
  readonly setting: Readonly<Record<string, string>>;
  readonly machine: Machine;
  readonly ceilings: { readonly bareEndpoint: Rate; readonly plainSql: Omit<PlainSql, "conservation"> };
  readonly backends: readonly BackendReport[];
  readonly conservation: readonly Conservation[];
  /** Warnings and errors that api and worker logged meanwhile. */
  readonly logLines: number;
  readonly ok: boolean;
};

const hundredth = 100;

export function ratio(value: number, ceiling: number): number {
  return Math.round((value / ceiling) * hundredth) / hundredth;
}
