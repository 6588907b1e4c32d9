import type { Kind } from "../../src/registry.ts";
import { alipay } from "./alipay.ts";
import { hmac, mock } from "./hmac.ts";
import type { Specimen } from "./specimen.ts";
import { standardWebhooks } from "./standard-webhooks.ts";
import { stripe } from "./stripe.ts";
import { conformance } from "./suite.ts";
import { unionpay } from "./unionpay.ts";
import { wechatV2 } from "./wechat-v2.ts";
import { wechatV3 } from "./wechat-v3.ts";

/** A registered gateway without a specimen does not compile. */
const specimens: { readonly [K in Kind]: Specimen<K> } = {
  hmac,
  mock,
  "wechat-v3": wechatV3,
  "wechat-v2": wechatV2,
  alipay,
  unionpay,
  stripe,
  "standard-webhooks": standardWebhooks,
};

conformance("hmac", specimens.hmac);
conformance("mock", specimens.mock);
conformance("wechat-v3", specimens["wechat-v3"]);
conformance("wechat-v2", specimens["wechat-v2"]);
conformance("alipay", specimens.alipay);
conformance("unionpay", specimens.unionpay);
conformance("stripe", specimens.stripe);
conformance("standard-webhooks", specimens["standard-webhooks"]);
