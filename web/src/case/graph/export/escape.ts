// What may stand in XML, as text or in an attribute.
const escapes: Record<string, string> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;', "'": '&#39;' };

// What XML 1.0 has no way to write: most controls, two non-characters, halves of pairs.
const unwritable =
  // eslint-disable-next-line no-control-regex
  /[\0-\x08\x0b\x0c\x0e-\x1f\ufffe\uffff]|[\ud800-\udbff](?![\udc00-\udfff])|(?<![\ud800-\udbff])[\udc00-\udfff]/g;

/** escaped is text as XML may hold it; what it may not is a question mark. */
export function escaped(text: string): string {
  return text.replace(unwritable, '?').replace(/[&<>"']/g, (c) => escapes[c] ?? c);
}
