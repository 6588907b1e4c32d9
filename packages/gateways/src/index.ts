export type * from "./gateway.ts";
export { sign, isSignedBy } from "./hmac/signature.ts";
export { readFlatBody, readFlatJson } from "./flat-body.ts";
export { type OpenOptions, type OpenProviders, type ProvidersChange, openProviders } from "./live-providers.ts";
export { ProvidersError, loadProviders, mockProvider, readProvidersFile } from "./load-providers.ts";
export * from "./providers.ts";
export { type Account, gatewayOf, isDocumented } from "./registry.ts";
export { verifyCallback } from "./verify-callback.ts";
