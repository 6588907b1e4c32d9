import { runMain } from "@zhanggui/runtime";

import { runDemo } from "./run-demo.ts";
import { findSystem } from "./system.ts";
import { renderTable, summarise } from "./table.ts";

const columnsWithoutTerminal = 120;
const clearLine = "\r\u001B[K";

/** `pnpm demo`: plays the story against a running `start`; exit 1 when any step is not as it should be. */
await runMain(async () => {
  const system = await findSystem(process.env);
  const { stdout, stderr } = process;
  const style = {
    colors: stdout.isTTY && stdout.hasColors(),
    columns: stdout.isTTY ? stdout.columns : columnsWithoutTerminal,
  };

  stdout.write(`Zhanggui demo: ${system.apiUrl}, paying at ${system.simulatorUrl} (${system.provider})\n\n`);
  const { steps, sku, durationMs } = await runDemo(system, (title) => {
    if (stderr.isTTY) stderr.write(`${clearLine}… ${title}`);
  });
  if (stderr.isTTY) stderr.write(clearLine);

  stdout.write(`${renderTable(steps, style)}\n\n${summarise(steps, durationMs, style)}\n`);
  stdout.write(`The product was ${sku}; its orders and open exceptions are left for you to look at.\n`);
  process.exitCode = steps.every(({ ok }) => ok) ? 0 : 1;
});
