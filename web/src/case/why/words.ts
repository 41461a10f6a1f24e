// The reasons of a finding in the words of an analyst.
import type { Factor, Schemas } from '../../api/client';
import { defanged, fenced, visible } from '../../text/defang';
import { count, plural } from '../../text/format';

/** A large population in a few characters: "360 M". */
export function population(n: number): string {
  const steps: [number, string][] = [
    [1e9, 'G'],
    [1e6, 'M'],
    [1e4, 'k'],
  ];
  for (const [size, letter] of steps) {
    if (n >= size && n % (size / 10) === 0) return `${String(n / size)} ${letter}`;
  }
  return count(n);
}

/** holdersOf says how many share a value: "6 of 360 M, dnsdb". "" where nobody counted. */
export function holdersOf(f: Factor): string {
  if (f.holders === 0) return '';
  const groups = f.groups > 0 ? ` in ${plural(f.groups, 'group')}` : '';
  const of = f.of > 0 ? ` of ${population(f.of)}` : '';
  const by = f.count_of ? `, ${clean(f.count_of)}` : '';
  return `${count(f.holders)}${of}${groups}${by}`;
}

/** clean is outside text that may stand in a sentence. */
export const clean = (text: string): string => fenced(visible(text));

/** A hop of a path, in words: over which shared value to whom. */
export interface Hop {
  relation: string;
  over: string;
  to: string;
}

/** pathOf reads "seed, relation:value, finding, …" as hops. */
export function pathOf(path: string[]): { from: string; hops: Hop[] } {
  const hops: Hop[] = [];
  for (let i = 1; i + 1 < path.length; i += 2) {
    const link = path[i] ?? '';
    const colon = link.indexOf(':');
    hops.push({
      relation: link.slice(0, Math.max(colon, 0)),
      over: clean(link.slice(colon + 1)),
      to: clean(path[i + 1] ?? ''),
    });
  }
  return { from: clean(path[0] ?? ''), hops };
}

/** hangsOn says what a finding hangs on. */
export function hangsOn({ weakest, carriers, sources, finding }: Schemas['AuditExplanation']): string[] {
  const lines = carriers.map((c) => {
    const fall = c.falls.find((f) => f.kind === finding.kind && f.value === finding.value);
    const to = fall ? `: without it ${fall.to}, P ${fall.p.toFixed(2)}` : '';
    return `hangs on one ${c.kind}, ${defanged(c.kind, c.value)}${to}`;
  });
  for (const s of sources) {
    const fall = s.falls.find((f) => f.kind === finding.kind && f.value === finding.value);
    lines.push(`rests on what ${visible(s.value)} alone said${fall ? `: without it ${fall.to}` : ''}`);
  }
  if (lines.length > 0) return lines;
  if (!weakest.relation) return ['hangs on no single shared value: without any of them its P stays what it is'];
  return [
    `hangs on no single shared value: without the strongest, ${defanged(weakest.kind, weakest.value)}, it keeps its band at P ${weakest.without.toFixed(2)}`,
  ];
}

/** wouldLift says what single fact more would lift a finding into the band above, "" for the highest. */
export function wouldLift({ next }: Schemas['AuditExplanation']): string {
  if (!next.band) return '';
  const where =
    next.families > 0
      ? ` of a family that says nothing yet (${String(next.families)} more ${next.families === 1 ? 'is' : 'are'} needed)`
      : '';
  const value =
    next.holders > 0
      ? `one shared value that at most ${count(next.holders)} hold would bring them`
      : 'no single shared value brings that many';
  return `${next.band} needs ${next.bits.toFixed(1)} bits more${where}: ${value}`;
}
