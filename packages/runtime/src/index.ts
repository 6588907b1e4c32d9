export * from "./development-secret.ts";
export * from "./environment.ts";
export { latePaymentPolicies } from "./late-payment-policies.ts";
export * from "./logger.ts";
export * from "./metrics.ts";
export * from "./shutdown.ts";
