import type pg from "pg";

import type { System } from "../system.ts";
import type { Timers } from "../timers.ts";

/** What a measurement works on: a running system, and ways around it. */
export type Subject = { readonly system: System; readonly pool: pg.Pool; readonly timers: Timers };
