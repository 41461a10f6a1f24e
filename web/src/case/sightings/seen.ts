// What was seen inside, out of the document of a case: one line for each seed and
// finding that logs were searched for, and one for each machine of ours.
import type { Case, Schemas } from '../../api/client';

export interface Seen {
  kind: string;
  value: string;
  band: string; // "seed" for seeds
  validation: Schemas['Validation'];
  held: [string | null, string | null]; // when it is known to have been theirs
}

export interface Machine {
  asset: string;
  seen: Seen[];
  contact: string; // the most telling
  first: string;
  last: string;
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

const telling = (contact: string): number => {
  const at = Object.keys(contacts).indexOf(contact);
  return at < 0 ? Object.keys(contacts).length : at;
};
const rank = (s: Seen): number => Object.keys(states).indexOf(s.validation.state);

export function seenIn(doc: Case): Seen[] {
  const seeds = doc.seeds.flatMap((s): Seen[] =>
    s.validation ? [{ kind: s.kind, value: s.value, band: 'seed', validation: s.validation, held: [null, null] }] : [],
  );
  const findings = doc.findings
    .filter((f) => f.verdict !== 'rejected')
    .map((f): Seen => ({
      kind: f.kind,
      value: f.value,
      band: f.band,
      validation: f.validation,
      held: [f.first_seen, f.last_seen],
    }));
  return [...seeds, ...findings].sort(
    (a, b) =>
      rank(a) - rank(b) ||
      telling(a.validation.contact ?? '') - telling(b.validation.contact ?? '') ||
      b.validation.sightings - a.validation.sightings,
  );
}

export function machinesIn(seen: Seen[]): Machine[] {
  const machines: Record<string, Machine> = {};
  for (const s of seen) {
    const { assets = [], contact = '', first, last } = s.validation;
    for (const asset of assets) {
      const m = (machines[asset] ??= { asset, seen: [], contact, first: '', last: '' });
      m.seen.push(s);
      if (telling(contact) < telling(m.contact)) m.contact = contact;
      if (first && (m.first === '' || first < m.first)) m.first = first;
      if (last && last > m.last) m.last = last;
    }
  }
  return Object.values(machines).sort(
    (a, b) => telling(a.contact) - telling(b.contact) || b.seen.length - a.seen.length || (a.asset < b.asset ? -1 : 1),
  );
}
