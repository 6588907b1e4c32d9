import { createHmac } from "node:crypto";

import { describe } from "../words.ts";
import { type Format, postJson } from "./format.ts";
import { readRobotAnswer } from "./robot-answer.ts";

const templates = { warning: "orange", critical: "red" } as const;

/**
 * Feishu's custom robot (飞书自定义机器人), a card. With "签名校验" the body carries the time in seconds and the base64
 * of HMAC-SHA256 over nothing, under the key `timestamp\nsecret`; it is good for an hour.
 */
export const feishu: Format = {
  write: ({ news, channel, language, now }) => {
    const { title, lines } = describe(news);
    const template = news.event === "resolved" || news.event === "test" ? "green" : templates[news.severity];
    return postJson(channel.url, {
      ...signature(channel.secret, now),
      msg_type: "interactive",
      card: {
        config: { wide_screen_mode: true },
        header: { template, title: { tag: "plain_text", content: title[language] } },
        elements: [
          { tag: "markdown", content: lines.map((line) => line[language]).join("\n") },
          {
            tag: "action",
            actions: [
              {
                tag: "button",
                type: "default",
                text: { tag: "plain_text", content: language === "zh" ? "查看" : "Open" },
                url: news.link,
              },
            ],
          },
        ],
      },
    });
  },
  read: (body) => readRobotAnswer(body, ["code", "StatusCode"]),
};

function signature(secret: string | undefined, now: Date): { readonly timestamp?: string; readonly sign?: string } {
  if (secret === undefined) return {};
  const timestamp = String(Math.floor(now.getTime() / 1_000));
  return { timestamp, sign: createHmac("sha256", `${timestamp}\n${secret}`).digest("base64") };
}
