import type { CallbackRequest, Clock, Verification } from "./gateway.ts";
import { type Account, gatewayOf, gateways } from "./registry.ts";

/**
 * Verifies one callback against one account of `PROVIDERS_FILE` and reads what it says.
 *
 * Never throws: whatever goes wrong inside a verifier on hostile input is a refusal, not a skip.
 */
export async function verifyCallback(account: Account, request: CallbackRequest, clock: Clock): Promise<Verification> {
  try {
    if (!Object.hasOwn(gateways, account.kind)) return { ok: false, reason: "unknown_kind" };
    return await gatewayOf(account).verify(account, withLowerCaseNames(request), clock);
  } catch {
    return { ok: false, reason: "malformed" };
  }
}

function withLowerCaseNames(request: CallbackRequest): CallbackRequest {
  const headers = Object.entries(request.headers).map(([name, value]) => [name.toLowerCase(), value] as const);
  return { ...request, headers: Object.fromEntries(headers) };
}
