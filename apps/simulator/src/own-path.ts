/** Leads only within this server: an open redirect on a cashier page is a gift to phishers. */
export function ownPath(given: string | null | undefined, here: URL): string | undefined {
  if (!given || !URL.canParse(given, here.href)) return undefined;
  const url = new URL(given, here);
  return url.origin === here.origin ? `${url.pathname}${url.search}` : undefined;
}
