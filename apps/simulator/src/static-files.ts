import { readFileSync } from "node:fs";

import { Hono } from "hono";

const types: ReadonlyMap<string, string> = new Map([
  ["style.css", "text/css; charset=utf-8"],
  ["cashier.js", "text/javascript; charset=utf-8"],
  ["shop.js", "text/javascript; charset=utf-8"],
  ["countdown.js", "text/javascript; charset=utf-8"],
  ["icon.svg", "image/svg+xml"],
]);

/** The pages' few files, read once: a closed list leaves no path to climb. */
export function staticFiles() {
  const files = new Map(
    [...types].map(([name, type]) => [
      name,
      { type, text: readFileSync(new URL(`../public/${name}`, import.meta.url), "utf8") },
    ]),
  );
  return new Hono().get("/:name", (c) => {
    const file = files.get(c.req.param("name"));
    if (!file) return c.notFound();
    return c.body(file.text, 200, { "content-type": file.type, "cache-control": "no-cache" });
  });
}
