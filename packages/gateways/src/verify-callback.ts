import type { CallbackRequest, Clock, Verification } from "./gateway.ts";
import { type Account, gatewayOf, gateways } from "./registry.ts";

/** As much as the API reads of any body; no gateway's notice comes near it. */
const maximumBodyBytes = 65_536;

/**
 * Verifies one callback against one account of `PROVIDERS_FILE` and reads what it says.
 *
 * Never throws: whatever goes wrong inside a verifier on hostile input is a refusal, not a skip.
 */
export async function verifyCallback(account: Account, request: CallbackRequest, clock: Clock): Promise<Verification> {
  try {
    if (!Object.hasOwn(gateways, account.kind)) return { ok: false, reason: "unknown_kind" };
    const headers = withLowerCaseNames(request.headers);
    const isPost = request.method.toUpperCase() === "POST";
    if (!isPost || request.body.length > maximumBodyBytes || headers === undefined) {
      return { ok: false, reason: "malformed" };
    }
    return await gatewayOf(account).verify(account, { ...request, headers }, clock);
  } catch {
    return { ok: false, reason: "malformed" };
  }
}

/** `undefined` when a name comes twice in two spellings: which one a verifier reads must not be a matter of order. */
function withLowerCaseNames(headers: CallbackRequest["headers"]): CallbackRequest["headers"] | undefined {
  const lowered = new Map(Object.entries(headers).map(([name, value]) => [name.toLowerCase(), value] as const));
  return lowered.size === Object.keys(headers).length ? Object.fromEntries(lowered) : undefined;
}
