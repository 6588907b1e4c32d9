import { describe } from "../words.ts";
import { type Format, postJson } from "./format.ts";

/** Slack refuses a longer header. */
const longestHeader = 150;

/** Slack's incoming webhook, in blocks. Its token is in the address; it answers `ok`, and else a status of 4xx. */
export const slack: Format = {
  write: ({ news, channel, language }) => {
    const { title, lines } = describe(news);
    const text = title[language];
    const link = language === "zh" ? "查看" : "Open";
    const written = [...lines.map((line) => `• ${escape(line[language])}`), `<${news.link}|${link}>`].join("\n");
    return postJson(channel.url, {
      text: escape(text),
      blocks: [
        { type: "header", text: { type: "plain_text", text: text.slice(0, longestHeader).toWellFormed() } },
        { type: "section", text: { type: "mrkdwn", text: written } },
      ],
    });
  },
  read: (body) => ({ ok: body.trim() === "ok", says: body }),
};

/** The three characters that Slack wants escaped in text. */
function escape(text: string): string {
  return text.replaceAll("&", "&amp;").replaceAll("<", "&lt;").replaceAll(">", "&gt;");
}
