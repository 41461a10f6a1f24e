// The lines of a finding as steps from nothing to its sum.
import type { Factor, WholeFinding } from '../../api/client';

export interface Step {
  factor: Factor;
  from: number; // the sum before this line, in bits
  to: number; // and with it
}

/** stepsOf adds the lines up: what counts in its order, then what counts nothing. */
export function stepsOf(finding: WholeFinding): { counted: Step[]; nothing: Step[]; total: number } {
  let sum = 0;
  const counted: Step[] = [];
  for (const factor of finding.factors) {
    if (factor.bits === 0) continue;
    counted.push({ factor, from: sum, to: sum + factor.bits });
    sum += factor.bits;
  }
  const total = sum;
  const nothing = finding.factors.filter((f) => f.bits === 0).map((factor) => ({ factor, from: total, to: total }));
  return { counted, nothing, total };
}

/** The bounds of a scale that holds all steps and zero. */
export function boundsOf(steps: Step[]): [least: number, most: number] {
  const ends = steps.flatMap((s) => [s.from, s.to]);
  const least = Math.min(0, ...ends);
  const most = Math.max(0, ...ends);
  return most - least < 1 ? [least, least + 1] : [least, most];
}

/** What a line is about: a shared value, or a step of the arithmetic. */
export const isStep = (f: Factor): boolean => f.kind === '' && f.value === '';

/** sameLine finds lines about one value under one relation. */
export const lineName = (f: Factor): string => [f.family, f.relation, f.kind, f.value].join('\n');
