// How a watch stands, and what its runs found, in words.
import type { Schemas } from '../api/client';
import { minute, plural } from '../text/format';

export type Watch = Schemas['Watch'];
export type Round = Schemas['Round'];

/** stateOf says how a watch stands: one word that is also the class of it. */
export function stateOf(w: Watch, running = false): 'paused' | 'running' | 'failing' | 'new' | 'watching' {
  if (running) return 'running';
  if (w.paused) return 'paused';
  if (w.failures > 0) return 'failing';
  return w.settled ? 'watching' : 'new';
}

/** nextOf says when the next run of a watch is: a time, or that a worker will see to it. */
export function nextOf(w: Watch): string {
  if (w.paused) return 'paused: none until it is resumed';
  return w.due && Date.parse(w.due) <= Date.now() ? 'due now' : minute(w.due);
}

type Counts = Pick<Schemas['Tally'], 'members' | 'resolutions' | 'sightings'>;

/** newsOf says what was new: "2 members, 1 sighting". */
export function newsOf(t: Counts): string {
  return [
    t.members > 0 ? plural(t.members, 'member') : '',
    t.resolutions > 0 ? plural(t.resolutions, 'resolution') : '',
    t.sightings > 0 ? plural(t.sightings, 'sighting') : '',
  ]
    .filter(Boolean)
    .join(', ');
}

/** endings says what a run came to. */
export const endings: Record<string, string> = {
  told: 'found something new',
  'nothing new': 'nothing new',
  waiting: 'a source failed: what is known at the beginning is settled by a later run',
  settled: 'found what is known at the beginning, which is no news',
  failed: 'failed',
};

/** hasCase reports whether the case of a watch is there: the first run opens that of indicators. */
export const hasCase = (w: Watch): boolean =>
  w.settled || w.last_run?.state === 'waiting' || (w.bounds.indicators ?? []).length === 0;
