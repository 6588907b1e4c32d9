import { createHash, randomBytes } from "node:crypto";

import { fromMinor } from "@zhanggui/domain";
import { z } from "zod";

import { openPayment } from "../../desk/open-payment.ts";
import type { Asked } from "./answering.ts";
import type { WechatHouse } from "./house.ts";
import { type Reply, done, paramError, read, refused } from "./reply.ts";
import { compactTimeOf } from "./times.ts";

/** Without a `time_expire` an order is open for seven days. */
const defaultOpenMs = 7 * 24 * 60 * 60 * 1000;
const maximumFen = 99_999_999_999_999;

const common = z.object({
  appid: z.string().max(32),
  mchid: z.string().max(32),
  description: z.string().min(1).max(127),
  out_trade_no: z.string().regex(/^[0-9A-Za-z_\-|*]{6,32}$/, "只能是数字、大小写字母_-|*，6–32个字符"),
  time_expire: z.iso.datetime({ offset: true }).optional(),
  attach: z.string().max(128).optional(),
  notify_url: z.url({ protocol: /^https?$/ }).refine((url) => !url.includes("?"), "通知地址不允许携带查询串"),
  amount: z.object({ total: z.int().min(1).max(maximumFen), currency: z.literal("CNY").default("CNY") }),
  payer: z.object({ openid: z.string().min(1).max(128) }).optional(),
  scene_info: z.looseObject({ payer_client_ip: z.string().max(45) }).optional(),
});

type Words = z.infer<typeof common>;
type Opened = { readonly house: WechatHouse; readonly words: Words; readonly request: Request; readonly now: Date };
type Product = {
  readonly tradeType: string;
  readonly input: z.ZodType<Words>;
  readonly said: (opened: Opened) => Readonly<Record<string, string>>;
};

const prepayId: Product["said"] = ({ now }) => ({
  prepay_id: `wx${compactTimeOf(now)}${randomBytes(10).toString("hex")}`,
});

/** How the buyer comes to pay (WeChat Pay v3 "Native下单", "H5下单", "JSAPI下单", "APP下单"). */
const products: ReadonlyMap<string, Product> = new Map<string, Product>([
  ["native", { tradeType: "NATIVE", input: common, said: ({ words }) => ({ code_url: codeUrlOf(words) }) }],
  [
    "h5",
    {
      tradeType: "MWEB",
      input: common.extend({
        scene_info: z.looseObject({
          payer_client_ip: z.string().max(45),
          h5_info: z.looseObject({ type: z.string() }),
        }),
      }),
      said: ({ house, words, request }) => ({ h5_url: house.cashierUrl(request, words.out_trade_no) }),
    },
  ],
  [
    "jsapi",
    {
      tradeType: "JSAPI",
      input: common.extend({ payer: z.object({ openid: z.string().min(1).max(128) }) }),
      said: prepayId,
    },
  ],
  ["app", { tradeType: "APP", input: common, said: prepayId }],
]);

/** Opens an order. Asked again with the same number and amount while it is unpaid, it answers the same again. */
export function createTrade(house: WechatHouse, { body, path, request }: Asked): Reply {
  const product = products.get(path["product"] ?? "");
  if (product === undefined) return refused(404, "RESOURCE_NOT_EXISTS", "请求的资源不存在");
  const reading = read(product.input, body, "body");
  if (!reading.ok) return reading.reply;

  const { asked: words } = reading;
  const now = house.now();
  const refusal = foreignRefusal(house, words);
  if (refusal !== undefined) return refusal;
  const expiresAt = words.time_expire === undefined ? later(now) : new Date(words.time_expire);
  if (expiresAt <= now) return paramError("/time_expire", "支付结束时间早于当前时间");

  const { kind, payment } = openPayment(house, {
    outTradeNo: words.out_trade_no,
    amount: fromMinor(words.amount.total),
    currency: words.amount.currency,
    subject: words.description,
    notifyUrl: words.notify_url,
    expiresAt,
    extra: { tradeType: product.tradeType, ...extraOf(words) },
  });
  if (payment.standing.status === "SUCCESS") return refused(400, "ORDERPAID", "该订单已支付");
  if (payment.standing.status === "CLOSED") return refused(400, "ORDER_CLOSED", "该订单已关闭");
  if (kind === "differs") return refused(403, "OUT_TRADE_NO_USED", "商户订单号重复");
  return done(product.said({ house, words, request, now }));
}

function foreignRefusal({ account }: WechatHouse, { mchid, appid }: Words): Reply | undefined {
  if (mchid !== account.mchid) return paramError("/mchid", "与Http头Authorization中的mchid不一致");
  if (appid !== account.appid) return refused(400, "APPID_MCHID_NOT_MATCH", "appid和mch_id不匹配，请检查后再试");
  return undefined;
}

function later(now: Date): Date {
  return new Date(now.getTime() + defaultOpenMs);
}

function extraOf({ attach, payer }: Words): Readonly<Record<string, string>> {
  return { ...(attach === undefined ? {} : { attach }), ...(payer === undefined ? {} : { openid: payer.openid }) };
}

/** The same for the same order. */
function codeUrlOf({ out_trade_no: outTradeNo }: Words): string {
  return `weixin://wxpay/bizpayurl?pr=${createHash("sha256").update(outTradeNo).digest("base64url").slice(0, 9)}`;
}
