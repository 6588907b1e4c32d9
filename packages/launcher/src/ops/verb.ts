import type { Command } from "commander";

import type { Variables } from "../settings.ts";
import type { Terminal } from "../terminal.ts";

/** What a verb works with. Only `ops.ts` makes one. */
export type Desk = { readonly variables: Variables; readonly terminal: Terminal; readonly now: () => Date };

/** One verb of `ops`: how it is called, and what it does. `run` answers the exit code. */
export type Verb = { readonly command: Command; readonly run: (desk: Desk, options: unknown) => Promise<number> };
