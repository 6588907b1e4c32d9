import { createHmac } from "node:crypto";

import { describe } from "../words.ts";
import { type Format, postJson } from "./format.ts";
import { readRobotAnswer } from "./robot-answer.ts";

/**
 * DingTalk's custom robot (钉钉自定义机器人), a markdown message. With "加签" the address carries the time in
 * milliseconds and the base64 of HMAC-SHA256 over `timestamp\nsecret` under the secret; it is good for an hour.
 */
export const dingtalk: Format = {
  write: ({ news, channel, language, now }) => {
    const { title, lines } = describe(news);
    const link = language === "zh" ? "查看" : "Open";
    const text = [
      `### ${title[language]}`,
      ...lines.map((line) => `- ${line[language]}`),
      "",
      `[${link}](${news.link})`,
    ].join("\n");
    return postJson(signed(channel, now), { msgtype: "markdown", markdown: { title: title[language], text } });
  },
  read: (body) => readRobotAnswer(body, ["errcode"]),
};

function signed({ url, secret }: { readonly url: string; readonly secret: string | undefined }, now: Date): string {
  if (secret === undefined) return url;
  const timestamp = String(now.getTime());
  const address = new URL(url);
  address.searchParams.set("timestamp", timestamp);
  address.searchParams.set("sign", createHmac("sha256", secret).update(`${timestamp}\n${secret}`).digest("base64"));
  return address.href;
}
