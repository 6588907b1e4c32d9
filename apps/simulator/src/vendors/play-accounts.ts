import type { Account, Providers } from "@zhanggui/gateways";
import type { Logger } from "@zhanggui/runtime";
import type { Hono } from "hono";

import type { Book } from "../book/book.ts";
import type { Numbers } from "../desk/desk.ts";
import { type GatewayKeys, type KeysByProvider, needsKeys } from "../keys/gateway-keys.ts";
import type { NoticeScheme } from "../notices/scheme.ts";
import { vendors } from "./registry.ts";
import type { House, Look, Office, Vendor } from "./vendor.ts";

/** What a house has besides its office. */
export type HouseDeps = Pick<House<never, never>, "book" | "refundDesk" | "courier" | "now"> & {
  /** Where Zhanggui hears of what was not told an address. */
  readonly apiUrl: string;
};

/** A provider whose gateway is played here, with the types of its account and keys forgotten. */
export type PlayedProvider = {
  readonly look: Look;
  readonly numbers: Numbers;
  readonly scheme: NoticeScheme;
  readonly openRoutes: (deps: HouseDeps) => Hono;
  readonly isMeantAtRoot?: (request: Request) => boolean;
};

/** By provider id. */
export type Played = ReadonlyMap<string, PlayedProvider>;

export type PlayDeps = {
  readonly providers: Providers;
  readonly keys: KeysByProvider;
  readonly book: Book;
  readonly logger: Logger;
};

/** Every account whose gateway can be played. The others are named in the log: nobody answers for them. */
export function playAccounts({ providers, keys, book, logger }: PlayDeps): Played {
  const played = new Map<string, PlayedProvider>();
  for (const [provider, account] of providers) {
    const vendor = vendorOf(account);
    const ownKeys = keysFor(account, keys.get(provider));
    if (vendor === undefined) {
      logger.warn({ provider, kind: account.kind }, "not played: there is no simulated gateway of this kind");
    } else if (ownKeys === "missing") {
      logger.warn({ provider, kind: account.kind }, "not played: SIMULATOR_KEYS_FILE has no keys of this kind for it");
    } else {
      played.set(provider, play(vendor, { provider, account, keys: ownKeys, book }));
    }
  }
  return played;
}

/** The vendor of an account, with its own account type forgotten: the account's `kind` chose it, and its keys. */
function vendorOf(account: Account): Vendor<Account, GatewayKeys | undefined> | undefined {
  // oxlint-disable-next-line typescript/no-unsafe-type-assertion -- TypeScript cannot follow that it takes this account.
  return vendors[account.kind] as unknown as Vendor<Account, GatewayKeys | undefined> | undefined;
}

function keysFor({ kind }: Account, given: GatewayKeys | undefined): GatewayKeys | undefined | "missing" {
  if (!needsKeys(kind)) return undefined;
  return given?.kind === kind ? given : "missing";
}

function play<A, K>(vendor: Vendor<A, K>, office: Office<A, K>): PlayedProvider {
  const { look, numbers, tells, eventsOf, isAcknowledged, ladderSeconds, isMeantAtRoot } = vendor;
  const { provider } = office;
  return {
    look,
    numbers,
    scheme: {
      write: (notice, signing) => vendor.writeNotice(office, notice, signing),
      ...(tells === undefined ? {} : { tells }),
      ...(eventsOf === undefined ? {} : { eventsOf: (happening) => eventsOf(office, happening) }),
      isAcknowledged,
      ladderSeconds,
    },
    openRoutes: ({ apiUrl, ...deps }) =>
      vendor.routes({
        // In this order: `deps` may well be more than its type, and hold the keys of all accounts as `keys`.
        ...deps,
        ...office,
        numbers,
        cashierUrl: cashierUrlOf(provider),
        endpointUrl: `${apiUrl.replace(/\/$/, "")}/callbacks/${provider}`,
      }),
    isMeantAtRoot: (request) => isMeantAtRoot?.(office, request) ?? false,
  };
}

function cashierUrlOf(provider: string): House<never, never>["cashierUrl"] {
  return (request, outTradeNo) =>
    `${new URL(request.url).origin}/cashier/${provider}/${encodeURIComponent(outTradeNo)}`;
}
