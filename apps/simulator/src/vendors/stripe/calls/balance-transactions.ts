import { foldersOf } from "../folders.ts";
import type { StripeHouse } from "../house.ts";
import { listOf } from "../lists.ts";
import { type BalanceTransaction, balanceTransactionsOf } from "../objects/balance-transaction.ts";
import { isExpanded } from "../parameters.ts";
import { noSuch } from "../refusal.ts";
import type { Call } from "./call.ts";

/** `GET /v1/balance_transactions`, with `expand[]=data.source`. */
export const listBalanceTransactions: Call = (house, { parameters }) => {
  const [type, source] = [parameters.get("type"), parameters.get("source")];
  const wanted = all(house, isExpanded(parameters, "data.source"))
    .filter((item) => type === undefined || item.type === type)
    .filter((item) => source === undefined || sourceIdOf(item) === source);
  return listOf("/v1/balance_transactions", parameters, wanted);
};

export const readBalanceTransaction: Call = (house, { id, parameters }) => {
  const found = all(house, isExpanded(parameters, "source")).find((item) => item.id === id);
  if (found === undefined) throw noSuch("balance transaction", id);
  return found;
};

function all(house: StripeHouse, expanded: boolean): readonly BalanceTransaction[] {
  return foldersOf(house).flatMap((folder) => balanceTransactionsOf(house, folder, { expanded }));
}

function sourceIdOf({ source }: BalanceTransaction): unknown {
  return typeof source === "string" ? source : source["id"];
}
