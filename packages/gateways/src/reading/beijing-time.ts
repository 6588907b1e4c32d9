const beijingText = /^([0-9]{4}-[0-9]{2}-[0-9]{2}) ([0-9]{2}:[0-9]{2}:[0-9]{2})(?:\.([0-9]{1,3}))?$/;
const beijingOffsetMs = 8 * 60 * 60 * 1000;

/**
 * `yyyy-MM-dd HH:mm:ss`, in `gmt_refund` with milliseconds. In spite of the names beginning with `gmt_` it is Beijing
 * time, without saying so. `undefined` for another form and for days that do not exist.
 */
export function readBeijingTime(text: string): Date | undefined {
  const [, day, time, fraction = ""] = beijingText.exec(text) ?? [];
  if (day === undefined || time === undefined) return undefined;
  const date = new Date(`${day}T${time}.${fraction.padEnd(3, "0")}+08:00`);
  if (Number.isNaN(date.getTime())) return undefined;
  const read = new Date(date.getTime() + beijingOffsetMs).toISOString();
  return read.startsWith(`${day}T${time}`) ? date : undefined;
}
