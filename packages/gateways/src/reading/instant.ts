const rfc3339 = /^(\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d)(\.\d{1,9})?(Z|[+-]\d\d:\d\d)$/;

/** Reads RFC 3339 time with an offset, as WeChat Pay v3 writes it (`2018-06-08T10:34:56+08:00`). */
export function readRfc3339(text: string): Date | undefined {
  const [, local, fraction = "", offset] = rfc3339.exec(text) ?? [];
  return local === undefined || offset === undefined ? undefined : instantOf(local, `${fraction}${offset}`);
}

/** The instant of `yyyy-MM-ddTHH:mm:ss` and an offset; `undefined` for a day that no calendar has (30 February). */
export function instantOf(local: string, offset: string): Date | undefined {
  const asUtc = new Date(`${local}Z`);
  const instant = new Date(`${local}${offset}`);
  if (Number.isNaN(asUtc.getTime()) || Number.isNaN(instant.getTime())) return undefined;
  return asUtc.toISOString().startsWith(local) ? instant : undefined;
}
