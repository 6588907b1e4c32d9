import type { Payment, PaymentAction } from "./api-schemas.ts";
import type { Step } from "./payment-page.ts";

/** Which of the addresses are of this simulator, whatever name they were written under. */
export type OwnPlaces = {
  readonly isPlayed: (provider: string) => boolean;
  readonly hasCashier: (provider: string, outTradeNo: string) => boolean;
};

const ownAddress = /^\/(cashier|gateways)\/([^/]+)\//;

/** Our own cashier by path, under whatever name the visitor reached us; `undefined` for a page of somebody else. */
export function cashierPathOf(places: OwnPlaces, address: string, returnPath: string): string | undefined {
  const url = ownUrl(places, address, "cashier");
  return url && withReturn(url.pathname, returnPath);
}

/** What the payment page shows; `undefined` where the browser must go elsewhere, or cannot. */
export function stepOf(
  places: OwnPlaces,
  action: PaymentAction,
  { payment, returnPath }: { readonly payment: Payment; readonly returnPath: string },
): Step | undefined {
  if (action.type === "qr") {
    const path =
      cashierPathOf(places, action.url, returnPath) ??
      (places.hasCashier(payment.provider, payment.outTradeNo)
        ? withReturn(`/cashier/${payment.provider}/${encodeURIComponent(payment.outTradeNo)}`, returnPath)
        : undefined);
    return { kind: "qr", text: action.url, cashierPath: path };
  }
  if (action.type !== "form") return undefined;
  // The pages' policy lets a form lead only to this server, which hands the way back on to the cashier.
  const url = ownUrl(places, action.url, "gateways");
  return url && { kind: "form", path: withReturn(`${url.pathname}${url.search}`, returnPath), fields: action.fields };
}

function ownUrl(places: OwnPlaces, address: string, place: "cashier" | "gateways"): URL | undefined {
  const url = URL.parse(address);
  if (url === null || !/^https?:$/.test(url.protocol)) return undefined;
  const [, root, provider = ""] = ownAddress.exec(url.pathname) ?? [];
  return root === place && places.isPlayed(provider) ? url : undefined;
}

function withReturn(path: string, returnPath: string): string {
  return `${path}${path.includes("?") ? "&" : "?"}${new URLSearchParams({ return: returnPath }).toString()}`;
}
