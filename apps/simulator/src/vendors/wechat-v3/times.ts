const beijingOffsetMs = 8 * 60 * 60 * 1000;

/** RFC 3339 as WeChat writes it, `2026-11-22T18:00:00+08:00`: whole seconds in Beijing's time. */
export function rfc3339Of(at: Date): string {
  return `${beijingClock(at)}+08:00`;
}

/** As a bill writes it, in Beijing's time: `2026-11-22 18:00:00`. */
export function billTimeOf(at: Date): string {
  return beijingClock(at).replace("T", " ");
}

/** As a `prepay_id` has it: `20261122180000`. */
export function compactTimeOf(at: Date): string {
  return beijingClock(at).replaceAll(/\D/g, "");
}

function beijingClock(at: Date): string {
  return new Date(at.getTime() + beijingOffsetMs).toISOString().slice(0, 19);
}
