import { type Maker, holdSameKey } from "./maker.ts";
import { makeRsaKeys } from "./rsa-keys.ts";

export const alipay: Maker = {
  make: async ({ baseUrl }) => {
    const [gateway, app] = await Promise.all([makeRsaKeys(), makeRsaKeys()]);
    return {
      account: {
        kind: "alipay",
        app_id: "2021000000000109",
        seller_id: "2088000000000109",
        alipayPublicKey: gateway.publicKey,
        appPrivateKey: app.privateKey,
        baseUrl,
      },
      keys: { kind: "alipay", alipayPrivateKey: gateway.privateKey },
    };
  },
  isPair: ({ account, keys }) =>
    account.kind === "alipay" && keys?.kind === "alipay" && holdSameKey(account.alipayPublicKey, keys.alipayPrivateKey),
};
