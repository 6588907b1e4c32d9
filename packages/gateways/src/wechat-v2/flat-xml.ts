/** Text by element name, in the order of the document. */
export type FlatXml = ReadonlyMap<string, string>;

const maximumElements = 200;
const declaration = /^<\?xml version="1\.0"(?: encoding="(?:UTF-8|utf-8)")?\s*\?>/;
const openTag = /[ \t\r\n]*<([A-Za-z_][A-Za-z0-9_]{0,63})([ ]?\/)?>/y;
/** XML's own white space: `trim` would also take away a byte order mark and worse. */
const onlySpace = /^[ \t\r\n]*$/;
const cdataStart = "<![CDATA[";
const cdataEnd = "]]>";
const entity = /&(?:amp|lt|gt|quot|apos);/g;
const entityText: ReadonlyMap<string, string> = new Map([
  ["&amp;", "&"],
  ["&lt;", "<"],
  ["&gt;", ">"],
  ["&quot;", '"'],
  ["&apos;", "'"],
]);
/** What XML 1.0 forbids, and the carriage return, which XML parsers change and signatures do not. */
// oxlint-disable-next-line no-control-regex -- control characters are what it is about.
const unsound = /[\u0000-\u0008\u000b-\u001f\u007f\ufffe\uffff]/;

/**
 * Reads the one shape that WeChat Pay v2 sends: a root with one level of elements, each one CDATA section or one text.
 * `undefined` for all else, so there is no DOCTYPE, entity, attribute, comment, nesting or repeated element to be read
 * in two ways (WeChat Pay's own notice of 2018 on XXE; gateways.md §2 "XML safety").
 */
export function readFlatXml(bytes: Uint8Array, root: "xml" | "root"): FlatXml | undefined {
  const text = decodeUtf8(bytes)?.replace(declaration, "") ?? "";
  const [start, end] = [text.indexOf(`<${root}>`), text.lastIndexOf(`</${root}>`)];
  if (start === -1 || end < start) return undefined;
  if (!onlySpace.test(text.slice(0, start)) || !onlySpace.test(text.slice(end + root.length + 3))) return undefined;

  const inner = text.slice(start + root.length + 2, end);
  const elements = new Map<string, string>();
  let at = 0;
  while (!onlySpace.test(inner.slice(at))) {
    openTag.lastIndex = at;
    const [, name, isEmpty] = openTag.exec(inner) ?? [];
    if (name === undefined || elements.has(name) || elements.size === maximumElements) return undefined;
    const from = openTag.lastIndex;
    const content = isEmpty === undefined ? readContent(inner, from, `</${name}>`) : { value: "", end: from };
    if (content === undefined || unsound.test(content.value)) return undefined;
    elements.set(name, content.value);
    at = content.end;
  }
  return elements;
}

type Content = { readonly value: string; readonly end: number };

function readContent(text: string, start: number, closeTag: string): Content | undefined {
  const content = text.startsWith(cdataStart, start) ? readCdata(text, start) : readText(text, start);
  return content !== undefined && text.startsWith(closeTag, content.end)
    ? { value: content.value, end: content.end + closeTag.length }
    : undefined;
}

function readCdata(text: string, start: number): Content | undefined {
  const end = text.indexOf(cdataEnd, start);
  return end === -1 ? undefined : { value: text.slice(start + cdataStart.length, end), end: end + cdataEnd.length };
}

function readText(text: string, start: number): Content | undefined {
  const end = text.indexOf("<", start);
  const raw = end === -1 ? "" : text.slice(start, end);
  const isPlain = !raw.replaceAll(entity, "").includes("&") && !raw.includes(cdataEnd);
  return end === -1 || !isPlain
    ? undefined
    : { value: raw.replaceAll(entity, (name) => entityText.get(name) ?? name), end };
}

function decodeUtf8(bytes: Uint8Array): string | undefined {
  try {
    return new TextDecoder("utf-8", { fatal: true, ignoreBOM: true }).decode(bytes);
  } catch {
    return undefined;
  }
}
