import { buildConsole } from "./build.ts";
import { firstLoadBytes, mostFirstLoadBytes } from "./first-load.ts";

await buildConsole();
const bytes = firstLoadBytes();
process.stdout.write(`The console is built: ${Math.ceil(bytes / 1024)} KiB gzip until the overview is seen.\n`);
if (bytes > mostFirstLoadBytes) {
  process.stderr.write(`That is more than ${mostFirstLoadBytes / 1024} KiB.\n`);
  process.exitCode = 1;
}
