const offsetMs = 8 * 60 * 60 * 1000;
const textForm = /^\d{4}-\d\d-\d\d \d\d:\d\d:\d\d$/;

/** `yyyy-MM-dd HH:mm:ss`, Beijing time without saying so. */
export function beijingText(at: Date): string {
  return isoInBeijing(at).slice(0, 19);
}

/** With milliseconds, as in `gmt_refund`. */
export function beijingTextWithMs(at: Date): string {
  return isoInBeijing(at).slice(0, 23);
}

/** `undefined` for another form and for days that do not exist. */
export function readBeijingText(text: string): Date | undefined {
  if (!textForm.test(text)) return undefined;
  const at = new Date(`${text.replace(" ", "T")}+08:00`);
  return !Number.isNaN(at.getTime()) && beijingText(at) === text ? at : undefined;
}

function isoInBeijing(at: Date): string {
  return new Date(at.getTime() + offsetMs).toISOString().replace("T", " ");
}
