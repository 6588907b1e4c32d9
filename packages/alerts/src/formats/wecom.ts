import { describe } from "../words.ts";
import { type Format, postJson } from "./format.ts";
import { readRobotAnswer } from "./robot-answer.ts";

/** WeCom refuses longer ones; UTF-8 bytes. */
const longestMarkdownBytes = 4_096;

const colours = { warning: "comment", critical: "warning" } as const;

/** WeCom's group robot (企业微信群机器人), a markdown message. Its key is in the address; nothing is signed. */
export const wecom: Format = {
  write: ({ news, channel, language }) => {
    const { title, lines } = describe(news);
    const link = language === "zh" ? "查看" : "Open";
    const colour = news.event === "resolved" ? "info" : colours[news.severity];
    const tail = `\n[${link}](${news.link})`;
    const text = [
      `**<font color="${colour}">${title[language]}</font>**`,
      ...lines.map((line) => `> ${line[language]}`),
    ].join("\n");
    const content = cut(text, longestMarkdownBytes - Buffer.byteLength(tail)) + tail;
    return postJson(channel.url, { msgtype: "markdown", markdown: { content } });
  },
  read: (body) => readRobotAnswer(body, ["errcode"]),
};

/** The beginning of a text, never half of a character. */
function cut(text: string, bytes: number): string {
  if (Buffer.byteLength(text) <= bytes) return text;
  return Buffer.from(text)
    .subarray(0, bytes)
    .toString("utf8")
    .replace(/\uFFFD+$/u, "");
}
