export { Decimal } from "decimal.js";
export * from "./fault.ts";
export * from "./money.ts";
export * from "./notice.ts";
export * from "./order-states.ts";
export * from "./payment-states.ts";
export * from "./ruling.ts";
export * from "./state-machine.ts";
export * from "./states.ts";
