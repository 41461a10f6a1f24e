// Pivot points of a case: how they are named, ranked and written to the API.
import type { Pivot, Schemas } from '../../api/client';

export const pointName = (p: Pivot): string => [p.from_kind, p.from, p.method, p.kind, p.value].join(' ');

/** turnOf names a pivot point for the API. */
export const turnOf = (p: Pivot): Schemas['Turn'] => ({
  from: `${p.from_kind}:${p.from}`,
  method: p.method,
  ...(p.value ? { value: p.value } : {}),
  ...(p.kind ? { kind: p.kind } : {}),
});

export interface State {
  name: string;
  mark: string; // never colour alone
  words: string;
}

export const states: State[] = [
  { name: 'not-asked', mark: '○', words: 'open' },
  { name: 'run', mark: '✓', words: 'followed' },
  { name: 'rejected', mark: '✗', words: 'rejected' },
];

export const stateOf = (p: Pivot): State =>
  states.find((s) => s.name === p.state) ?? { name: p.state, mark: '?', words: p.state };

/** ranked puts first what may be followed still and promises most. */
export function ranked(points: Pivot[]): Pivot[] {
  const order = (p: Pivot): number =>
    Math.max(
      states.findIndex((s) => s.name === p.state),
      0,
    );
  return points.toSorted((a, b) => order(a) - order(b) || b.expected - a.expected || b.new - a.new);
}
