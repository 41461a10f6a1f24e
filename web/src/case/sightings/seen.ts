// What was seen inside: which of it is told in which words, and what was seen on
// which machine of ours.
import type { Schemas } from '../../api/client';

export type Seen = Schemas['ValueSighted'];

export interface Machine {
  asset: string;
  values: number;
  contact: string; // the most telling
  first: string;
  last: string;
  count: number;
}

/** The states of validation, what wants a look first, in words. */
export const states: Record<string, string> = {
  hit: 'seen, inside its window',
  'hit-outside-window': 'seen, outside its window',
  'no-hit': 'not seen',
  'not-checked': 'not looked for, or not to the end',
};

/** Contacts, the most telling first. */
export const contacts: Record<string, string> = {
  outbound: 'a machine of ours went there',
  present: 'it is on a machine of ours',
  inbound: 'it came to a machine of ours',
  lookup: 'its name was resolved',
  scan: 'it came and got nowhere',
};

const rank = (words: Record<string, string>, name: string): number => {
  const at = Object.keys(words).indexOf(name);
  return at < 0 ? Object.keys(words).length : at;
};

/** inOrder puts first what wants a look first. */
export function inOrder(values: Seen[]): Seen[] {
  return values.toSorted(
    (a, b) =>
      rank(states, a.state) - rank(states, b.state) ||
      rank(contacts, a.contact) - rank(contacts, b.contact) ||
      b.count - a.count,
  );
}

export function machinesIn(values: Seen[]): Machine[] {
  const machines: Record<string, Machine> = {};
  for (const { assets, contact, first, last } of values) {
    for (const { name, count } of assets) {
      const m = (machines[name] ??= { asset: name, values: 0, contact, first: '', last: '', count: 0 });
      m.values++;
      m.count += count;
      if (rank(contacts, contact) < rank(contacts, m.contact)) m.contact = contact;
      if (first && (m.first === '' || first < m.first)) m.first = first;
      if (last && last > m.last) m.last = last;
    }
  }
  return Object.values(machines).sort(
    (a, b) =>
      rank(contacts, a.contact) - rank(contacts, b.contact) || b.values - a.values || (a.asset < b.asset ? -1 : 1),
  );
}
