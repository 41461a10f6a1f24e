// What a verdict can be about.
import type { Factor, Finding } from '../../api/client';

export interface Named {
  kind: string;
  value: string;
}

/** A Question is the verdict that the analyst is about to give. */
export interface Question {
  verdict: 'accepted' | 'rejected';
  about: Named[];
  relation: string; // judge the one value only as a link; "" for findings
}

/** indicatorOf names a value for the API, which reads every kind this way. */
export const indicatorOf = (v: Named): string => `${v.kind}:${v.value}`;

export const onFindings = (verdict: Question['verdict'], about: Finding[]): Question => ({
  verdict,
  about: about.map(({ kind, value }) => ({ kind, value })),
  relation: '',
});

export const onLink = (factor: Factor): Question => ({
  verdict: 'rejected',
  about: [{ kind: factor.kind, value: factor.value }],
  relation: factor.relation,
});
