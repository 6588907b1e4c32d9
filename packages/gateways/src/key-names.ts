/** A secret among those an account lists: the current one first, then the previous ones in their order. */
export function secretName(at: number): string {
  return at === 0 ? "secret" : `previous secret ${at}`;
}

/** A key that a serial names. */
export function serialName(type: "certificate" | "publicKey", serial: string): string {
  return type === "certificate" ? `certificate ${serial}` : `public key ${serial}`;
}
