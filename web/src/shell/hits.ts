// What a search found, put together by what it is, and where each hit leads.
import type { Schemas } from '../api/client';
import { indicator } from '../text/indicator';
import { link } from './route.svelte';

export type Hit = Schemas['Result'];
export interface Group {
  name: string;
  hits: Hit[];
}

/** The groups in the order of their use: where an investigation is, then what is in it. */
const names: [string, Hit['where'][]][] = [
  ['Cases', ['case', 'seed']],
  ['Findings', ['finding']],
  ['Notes', ['note']],
  ['Tags', ['tag']],
  ['Actions', ['action']],
  ['Corpus', ['corpus']],
];

export function grouped(hits: Hit[]): Group[] {
  return names
    .map(([name, where]) => ({ name, hits: hits.filter((hit) => where.includes(hit.where)) }))
    .filter((group) => group.hits.length > 0);
}

/** leads is the address of the view that shows a hit. */
export function leads(hit: Hit): string {
  const at = ['case', hit.case];
  const about = hit.value ? { sel: `${hit.kind} ${hit.value}` } : {};
  switch (hit.where) {
    case 'corpus':
      return link(['look'], { q: indicator(hit) });
    case 'finding':
      return link(
        at,
        hit.band === 'coincidence' ? { ...about, bands: 'high,medium,low,coincidence', rejected: '1' } : about,
      );
    case 'note':
      return link(at, { tab: 'record', part: 'notes' });
    case 'tag':
      return link(at, hit.value ? about : { tab: 'record', part: 'notes' });
    case 'action':
      return link(at, { tab: 'actions', find: hit.value });
    case 'case':
    case 'seed':
      return link(at);
  }
}
