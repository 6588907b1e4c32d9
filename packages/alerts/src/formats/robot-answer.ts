import { z } from "zod";

import type { Answer } from "./format.ts";

/**
 * Chat robots answer 200 and say in the body whether they took it: DingTalk and WeCom `errcode`, Feishu `code`, and
 * before that `StatusCode`. An answer without a code is none.
 */
export function readRobotAnswer(body: string, names: readonly string[]): Answer {
  const parsed = answerSchema.safeParse(parse(body));
  if (!parsed.success) return { ok: false, says: "an answer that cannot be read" };
  const name = names.find((known) => parsed.data[known] !== undefined);
  if (name === undefined) return { ok: false, says: "an answer without a code" };

  const code = parsed.data[name];
  const words = wordNames.map((known) => parsed.data[known]).find((word) => typeof word === "string");
  return { ok: code === 0, says: [JSON.stringify(code), words].join(" ").trim() };
}

const answerSchema = z.record(z.string(), z.unknown());
const wordNames = ["errmsg", "msg", "StatusMessage"] as const;

function parse(body: string): unknown {
  try {
    return JSON.parse(body);
  } catch {
    return undefined;
  }
}
