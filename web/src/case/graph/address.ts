// The parts of the graph's address, read and written: outside of the components,
// as nothing in them changes.

const short = 9; // characters of an ID: 54 bits
const mostPins = 12; // the address stays one that can be sent

export interface Pin {
  x: number;
  y: number;
}

/** brief is the key of an item as the address has it. */
export const brief = (key: string): string =>
  key.startsWith('crowd:') ? 'c.' + key.slice(6, 6 + short) : key.slice(0, short);

export const setOf = (text: string | null): ReadonlySet<string> => new Set((text ?? '').split(',').filter(Boolean));

/** flipped is a list with one taken out, or put in. */
export function flipped(all: ReadonlySet<string>, one: string): string {
  const next = new Set(all);
  if (!next.delete(one)) next.add(one);
  return [...next].join(',');
}

export type Pins = ReadonlyMap<string, Pin>;

export function readPins(text: string | null): Pins {
  const pins = new Map<string, Pin>();
  for (const one of (text ?? '').split(',')) {
    const [id = '', x = '', y = ''] = one.split(':');
    const place = { x: Number(x), y: Number(y) };
    if (id && x && y && Number.isFinite(place.x) && Number.isFinite(place.y)) pins.set(id, place);
  }
  return pins;
}

/** pinned is the address of pins with one more, or one moved or taken away. */
export function pinned(pins: Pins, id: string, place: Pin | undefined): string {
  const next = new Map(pins);
  next.delete(id);
  if (place) next.set(id, place);
  return [...next]
    .slice(-mostPins)
    .map(([key, p]) => `${key}:${p.x.toFixed(1)}:${p.y.toFixed(1)}`)
    .join(',');
}

/** readSpan reads "2026-01-02~2026-02-11", days in UTC, the last one whole. */
export function readSpan(text: string | null): [number, number] | undefined {
  const [from = NaN, to = NaN] = (text ?? '').split('~').map((day) => Date.parse(day));
  return Number.isNaN(from) || Number.isNaN(to) ? undefined : [from, to + 86_399_000];
}

export const writeSpan = (from: number, to: number): string =>
  [from, to].map((t) => new Date(t).toISOString().slice(0, 10)).join('~');

/** tally counts what is alike, in order of name. */
export function tally(list: string[]): [string, number][] {
  const by = new Map<string, number>();
  for (const one of list) by.set(one, (by.get(one) ?? 0) + 1);
  return [...by].sort(([a], [b]) => (a < b ? -1 : 1));
}
