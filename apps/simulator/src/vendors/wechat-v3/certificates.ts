import { X509Certificate } from "node:crypto";

import { seal } from "./aead.ts";
import type { WechatHouse } from "./house.ts";
import { type Reply, done, refused } from "./reply.ts";
import { rfc3339Of } from "./times.ts";

/** The platform's certificates under the APIv3 key (WeChat Pay v3 "下载平台证书"); a merchant with a public key has none. */
export function listCertificates({ account, keys }: WechatHouse): Reply {
  const data = keys.platformKeys.flatMap((key) => {
    if (key.type !== "certificate") return [];
    const { validFromDate, validToDate } = new X509Certificate(key.certificate);
    return [
      {
        serial_no: key.serial,
        effective_time: rfc3339Of(validFromDate),
        expire_time: rfc3339Of(validToDate),
        encrypt_certificate: seal(key.certificate, account.apiV3Key, "certificate"),
      },
    ];
  });
  return data.length === 0
    ? refused(404, "RESOURCE_NOT_EXISTS", "无可用的平台证书，请在商户平台-API安全申请使用微信支付公钥")
    : done({ data });
}
