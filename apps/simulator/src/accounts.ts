import type { Account, Providers } from "@zhanggui/gateways";

/** The kinds of account whose gateway the simulator can play. */
export type PlayedAccount = Extract<Account, { kind: "hmac" | "mock" }>;

/** Provider id → account, for the gateways that are played here. */
export type PlayedAccounts = ReadonlyMap<string, PlayedAccount>;

export function playedAccounts(providers: Providers): PlayedAccounts {
  return new Map([...providers].flatMap(([id, account]) => (isPlayed(account) ? [[id, account] as const] : [])));
}

function isPlayed(account: Account): account is PlayedAccount {
  return account.kind === "hmac" || account.kind === "mock";
}
