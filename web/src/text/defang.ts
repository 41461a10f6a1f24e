// How values and outside text are shown: never as something that a viewer would
// turn into a link, never with characters that hide or reorder others.

const marks = (text: string): string => text.replace(/[.:@]/g, '[$&]');

/** defanged is a value as clew shows it on a terminal (observable.Value.Defang). */
export function defanged(kind: string, value: string): string {
  switch (kind) {
    case 'domain':
    case 'ip':
    case 'prefix':
    case 'email':
      return marks(visible(value));
    case 'url': {
      const [, scheme = '', rest = value] = /^([a-z][a-z0-9+.-]*):\/\/(.*)$/is.exec(value) ?? [];
      const slash = rest.search(/[/?#]/);
      const host = slash < 0 ? rest : rest.slice(0, slash);
      const start = /^https?$/i.test(scheme) ? scheme.replace(/^http/i, 'hxxp') + '://' : scheme + '[:]//';
      return visible(start) + marks(visible(host)) + fenced(visible(slash < 0 ? '' : rest.slice(slash)));
    }
    default:
      return fenced(visible(value));
  }
}

/** fenced takes the life out of addresses inside free text. */
export function fenced(text: string): string {
  return text
    .replace(/\bhttp(s?):\/\//gi, 'hxxp$1://')
    .replace(/\b([a-z][a-z0-9+.-]*):\/\//gi, (all, scheme: string) =>
      /^hxxps?$/i.test(scheme) ? all : `${scheme}[:]//`,
    )
    .replace(
      // A number with decimals is none; four numbers are an address.
      /(?<![\p{L}\p{N}.-])\d+\.\d+(?![.-]?[\p{L}\p{N}])|(?<=[\p{L}\p{N}])\.(?=[\p{L}\p{N}-])/gu,
      (all) => (all === '.' ? '[.]' : all),
    )
    .replace(/(?<=\S)@(?=\S)/g, '[@]');
}

// Controls, what breaks lines, what has no width, and what turns the direction of
// text, are shown by their number instead of doing what they do.
const hidden = /[\p{Cc}\p{Cf}\p{Zl}\p{Zp}\p{Cs}\p{Co}]|\p{Default_Ignorable_Code_Point}/gu;

/** visible shows every character of outside text, on one line. */
export function visible(text: string): string {
  return text.replace(/[\n\r\t]/g, ' ').replace(hidden, (c) => `\\u{${(c.codePointAt(0) ?? 0).toString(16)}}`);
}

/** shortened keeps both ends of a long text, and says how much is between them. */
export function shortened(text: string, most: number): string {
  if (text.length <= most) return text;
  const head = text.slice(0, Math.ceil(most * 0.7));
  const tail = text.slice(-Math.floor(most * 0.2));
  return `${head}… ${String(text.length - head.length - tail.length)} more …${tail}`;
}
