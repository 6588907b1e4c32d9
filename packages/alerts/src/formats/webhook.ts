import { Webhook } from "standardwebhooks";

import { describe } from "../words.ts";
import type { Format } from "./format.ts";

/** Standard Webhooks 1.0.0: `{type, timestamp, data}`, signed with HMAC-SHA256 under a `whsec_` secret. Any 2xx takes it. */
export const webhook: Format = {
  write: ({ news, channel: { url, secret }, now }) => {
    if (secret === undefined) throw new Error("a webhook has no secret");
    const { id, event, at, ...data } = news;
    const { title } = describe(news);
    const body = JSON.stringify({ type: `alert.${event}`, timestamp: at, data: { ...data, title } });
    const headers = {
      "content-type": "application/json",
      "webhook-id": id,
      "webhook-timestamp": String(Math.floor(now.getTime() / 1_000)),
      "webhook-signature": new Webhook(secret).sign(id, now, body),
    };
    return { url, headers, body };
  },
  read: (body) => ({ ok: true, says: body }),
};
