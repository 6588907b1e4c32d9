import { type Account, readProviders } from "@zhanggui/gateways";

import { type GatewayKeys, gatewayKeys } from "../keys/gateway-keys.ts";
import { alipay } from "./alipay.ts";
import type { CalledAccount, Maker, Pair } from "./maker.ts";
import { hmac, stripe } from "./shared-secrets.ts";
import { unionpay } from "./unionpay.ts";
import { wechat } from "./wechat.ts";

/** By provider id, in the order in which they are offered, after `mock`. */
const makers: Readonly<Record<string, Maker>> = { hmac, wechat, alipay, unionpay, stripe };

/** The content of `PROVIDERS_FILE` and of `SIMULATOR_KEYS_FILE`, by provider id. */
export type DevelopmentAccounts = {
  readonly providers: Readonly<Record<string, Account>>;
  readonly keys: Readonly<Record<string, GatewayKeys>>;
};

/** The same as they were read back, unchecked. */
export type KeptAccounts = {
  readonly providers: Readonly<Record<string, unknown>>;
  readonly keys: Readonly<Record<string, unknown>>;
};

export type DevelopmentOptions = {
  /** Under it each gateway has its provider id as a folder. */
  readonly gatewaysUrl: string;
  readonly mockSecret: string;
  readonly now: Date;
  readonly kept?: KeptAccounts;
};

export type Made = DevelopmentAccounts & {
  /** Provider ids of which something was kept that is of no use: a half alone, halves that do not fit, what cannot be read. */
  readonly replaced: readonly string[];
};

/**
 * An account of every gateway that the simulator plays, `mock` first, with the gateways' own keys. What was kept stays as
 * it is as long as both halves of it are there and fit, since payments may be under way with it; addresses follow
 * `gatewaysUrl`.
 */
export async function makeDevelopmentAccounts(options: DevelopmentOptions): Promise<Made> {
  const { gatewaysUrl, mockSecret, now, kept = { providers: {}, keys: {} } } = options;
  const mock: Pair = { account: { kind: "mock", secret: mockSecret, baseUrl: `${gatewaysUrl}/mock` } };
  const made = await Promise.all(
    Object.entries(makers).map(async ([id, maker]) => {
      const baseUrl = `${gatewaysUrl}/${id}`;
      const old = keptPair(kept, id, maker);
      const pair: Pair = old ?? (await maker.make({ baseUrl, now }));
      return {
        id,
        pair: { ...pair, account: { ...pair.account, baseUrl } },
        isReplaced: old === undefined && isKnown(kept, id),
      };
    }),
  );
  const pairs = [{ id: "mock", pair: mock }, ...made];
  return {
    providers: Object.fromEntries(pairs.map(({ id, pair }) => [id, pair.account])),
    keys: Object.fromEntries(pairs.flatMap(({ id, pair }) => (pair.keys === undefined ? [] : [[id, pair.keys]]))),
    replaced: made.filter(({ isReplaced }) => isReplaced).map(({ id }) => id),
  };
}

function isKnown(kept: KeptAccounts, id: string): boolean {
  return kept.providers[id] !== undefined || kept.keys[id] !== undefined;
}

function keptPair(kept: KeptAccounts, id: string, maker: Maker): Pair | undefined {
  const account = readAccount(kept.providers[id]);
  const keys = kept.keys[id] === undefined ? undefined : gatewayKeys.safeParse(kept.keys[id]);
  if (account === undefined || keys?.success === false) return undefined;
  const pair = { account, ...(keys === undefined ? {} : { keys: keys.data }) };
  return maker.isPair(pair) ? pair : undefined;
}

function readAccount(value: unknown): CalledAccount | undefined {
  const reading = readProviders(JSON.stringify({ kept: value }), false);
  const account = reading.ok ? reading.providers.get("kept") : undefined;
  return account?.kind === "standard-webhooks" ? undefined : account;
}
