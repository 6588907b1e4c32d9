import { z } from "zod";

const apiV2KeyBytes = 32;

/** One merchant of WeChat Pay v2 (contract). */
export const wechatV2Account = z.strictObject({
  kind: z.literal("wechat-v2"),
  appid: z.string().regex(/^[0-9A-Za-z_-]{1,32}$/, "must be 1–32 digits or letters"),
  mch_id: z.string().regex(/^[0-9A-Za-z]{1,32}$/, "must be 1–32 digits or letters"),
  apiV2Key: z
    .string()
    .regex(/^[\x21-\x7e]*$/, "must be of printable ASCII")
    .length(apiV2KeyBytes, `must have exactly ${apiV2KeyBytes} characters`),
  /** `false` refuses notices signed with MD5. WeChat has sent those for orders that asked for HMAC-SHA256. */
  allowMd5: z.boolean().optional(),
  baseUrl: z.url({ protocol: /^https?$/ }).optional(),
});

export type WechatV2Account = z.infer<typeof wechatV2Account>;
