import { execFile } from "node:child_process";
import { fileURLToPath } from "node:url";

const program = fileURLToPath(new URL("../../../launcher/src/ops.ts", import.meta.url));
const limitMs = 60_000;

/** Runs `ops check` as an operator would. */
export function opsCheck(databaseUrl: string): Promise<{ readonly code: number; readonly said: string }> {
  const env = { PATH: process.env.PATH ?? "", DATABASE_URL: databaseUrl };
  return new Promise((resolve) => {
    execFile(process.execPath, [program, "check"], { env, timeout: limitMs }, (error, stdout, stderr) => {
      const code = error === null ? 0 : typeof error.code === "number" ? error.code : -1;
      resolve({ code, said: `${stdout}\n${stderr}` });
    });
  });
}
