// The columns of the findings table, and what it is ordered by.
import type { Finding } from '../../api/client';

export interface Column {
  name: string; // in the address, and the class of its cells
  title: string;
  by: (f: Finding) => number | string;
  largest?: boolean; // comes first
}

const ranks = ['coincidence', 'low', 'medium', 'high'];
const validations = ['not-checked', 'no-hit', 'hit-outside-window', 'hit'];

export const columns: Column[] = [
  { name: 'confidence', title: 'confidence', by: (f) => ranks.indexOf(f.band) * 2 + f.p, largest: true },
  { name: 'kind', title: 'kind', by: (f) => f.kind },
  { name: 'value', title: 'value', by: (f) => f.value },
  { name: 'bits', title: 'bits', by: (f) => f.bits, largest: true },
  { name: 'hops', title: 'hops', by: (f) => f.hops },
  { name: 'seen', title: 'last seen', by: (f) => f.last_seen ?? '', largest: true },
  { name: 'inside', title: 'inside', by: (f) => validations.indexOf(f.validation.state), largest: true },
  { name: 'action', title: 'action', by: (f) => `${f.action.kind} ${f.action.state}` },
];

/** How a finding stands in the team's own logs, in words. */
export const insideWords: Record<string, string> = {
  hit: 'seen',
  'hit-outside-window': 'outside window',
  'no-hit': 'not seen',
  'not-checked': 'not searched',
};

/** ordered sorts by a column, "-" before its name for the largest first; "" is the order of the document. */
export function ordered(findings: Finding[], sort: string): Finding[] {
  const down = sort.startsWith('-');
  const column = columns.find((c) => c.name === sort.replace(/^-/, ''));
  if (!column) return findings;
  const keyed = findings.map((f, i) => ({ f, i, key: column.by(f) }));
  keyed.sort((a, b) => {
    if (a.key === b.key) return a.i - b.i;
    return a.key < b.key === down ? 1 : -1;
  });
  return keyed.map((k) => k.f);
}

/** nextSort is what pressing the head of a column does: its own way, the other way, as the document has it. */
export function nextSort(sort: string, { name, largest }: Column): string {
  const turns = largest ? [`-${name}`, name, ''] : [name, `-${name}`, ''];
  return turns[(turns.indexOf(sort) + 1) % 3] ?? '';
}
