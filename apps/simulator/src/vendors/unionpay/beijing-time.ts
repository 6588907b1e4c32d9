const offsetMs = 8 * 60 * 60 * 1000;
const dayEndsEarlierMs = 60 * 60 * 1000;
const compact = /^(\d{4})(\d\d)(\d\d)(\d\d)(\d\d)(\d\d)$/;

/** `yyyyMMddHHmmss` of Beijing, which has had one offset since 1991. */
export function beijingText(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().slice(0, 19).replaceAll(/[-T:]/g, "");
}

/** The instant of a `yyyyMMddHHmmss` of Beijing; `undefined` for another form and for times that do not exist. */
export function readBeijingText(text: string): Date | undefined {
  const at = new Date(text.replace(compact, "$1-$2-$3T$4:$5:$6+08:00"));
  return Number.isNaN(at.getTime()) || beijingText(at) !== text ? undefined : at;
}

/** The settlement day, `yyyy-mm-dd`: it ends at 23:00 of Beijing (gateways.md §4 "Statement"). */
export function settlementDay(at: Date): string {
  return new Date(at.getTime() + offsetMs + dayEndsEarlierMs).toISOString().slice(0, 10);
}
