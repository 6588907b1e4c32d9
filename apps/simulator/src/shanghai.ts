const dayFormat = new Intl.DateTimeFormat("en-CA", { timeZone: "Asia/Shanghai", dateStyle: "short" });

/** The calendar day in Asia/Shanghai, `yyyy-mm-dd`: gateways cut their statements by it. */
export function shanghaiDay(at: Date): string {
  return dayFormat.format(at);
}
