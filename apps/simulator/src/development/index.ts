export { type Made, type KeptAccounts, makeDevelopmentAccounts } from "./accounts.ts";
