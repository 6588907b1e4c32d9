import { describe, expect, test } from "vitest";

import * as alipay from "./support/alipay-notices.ts";
import { hasOpenssl, openssl, opensslSignature } from "./support/openssl.ts";
import * as unionpay from "./support/unionpay-notices.ts";
import * as wechat from "./support/wechat-v3-notices.ts";
import { pkcs8 } from "./support/wechat-v3-x509.ts";

describe.skipIf(!hasOpenssl)("openssl (LEFT OUT where there is no such command)", () => {
  test("signs a WeChat Pay v3 notice that is read", () => {
    const body = JSON.stringify(wechat.envelope(wechat.paid));
    const text = `${wechat.timestamp}\nn0nce\n${body}\n`;
    const headers = {
      "wechatpay-nonce": "n0nce",
      "wechatpay-signature": opensslSignature(pkcs8(wechat.platformKeys), text),
    };

    expect(wechat.verify(wechat.signed(body, { headers }))).toMatchObject({ ok: true, notice: { amountMinor: 1_990 } });
  });

  test("signs an Alipay notice that is read", () => {
    const text = Object.entries(alipay.paid)
      .map(([name, value]) => `${name}=${value}`)
      .toSorted()
      .join("&");
    const key = alipay.alipayKeys.privateKey.export({ type: "pkcs8", format: "pem" }).toString();
    const body = alipay.formOf({ ...alipay.paid, sign_type: "RSA2", sign: opensslSignature(key, text) });

    expect(alipay.check(body)).toMatchObject({ ok: true, notice: { amountMinor: 1_990 } });
  });

  test("signs a UnionPay notice that is read", () => {
    const signature = opensslSignature(pkcs8(unionpay.leafKeys), unionpay.hexDigest(unionpay.paid));
    const request = unionpay.request(unionpay.form({ ...unionpay.paid, signature }));

    expect(unionpay.verify(request)).toMatchObject({ ok: true, notice: { amountMinor: 1_990 } });
  });

  test("finds UnionPay's chain of certificates good", () => {
    const { rootCert: root, middleCert: middle, leafCert: leaf } = unionpay;
    const at = `${unionpay.clock.now.getTime() / 1_000}`;
    const said = openssl({ root, middle, leaf }, (file) => [
      "verify",
      "-attime",
      at,
      "-CAfile",
      file("root"),
      "-untrusted",
      file("middle"),
      file("leaf"),
    ]);

    expect(said.toString()).toContain("OK");
  });
});
