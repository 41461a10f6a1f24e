// What is to be done about the indicators of a case, and what was decided.
import type { Case, Schemas } from '../../api/client';
import { plural } from '../../text/format';

export interface Decision {
  kind: string;
  value: string;
  band: string; // "seed" for seeds
  confidence: number;
  action: Schemas['Action'];
}

/** The states of an action, in the order in which they want a decision. */
export const states: Record<string, string> = {
  proposed: 'to be decided on',
  approved: 'approved, not applied yet',
  applied: 'applied',
  expired: 'expired',
  revoked: 'revoked',
  none: 'nothing to do',
};

export const kinds: Record<string, string> = { block: 'block', monitor: 'watch', none: 'nothing' };

export function decisionsIn(doc: Case): Decision[] {
  const seeds = doc.seeds.flatMap((s): Decision[] =>
    s.action ? [{ kind: s.kind, value: s.value, band: 'seed', confidence: s.confidence, action: s.action }] : [],
  );
  const findings = doc.findings.map((f) => ({
    kind: f.kind,
    value: f.value,
    band: f.band,
    confidence: f.confidence,
    action: f.action,
  }));
  return [...seeds, ...findings];
}

/** bystanders says in words whom a block would hit besides. */
export function bystanders(blast: Schemas['Blast'] | undefined): string {
  if (!blast) return 'not measured yet';
  if (!blast.known) return 'unknown: the corpus does not say who lives there';
  return blast.bystanders === 0 && !blast.at_least
    ? 'no unrelated site known'
    : `${blast.at_least ? 'at least ' : ''}${plural(blast.bystanders, 'unrelated site')}`;
}

/** daysLeft until a time, 0 when it has passed; undefined for ever. */
export function daysLeft(time: string | null, now: number): number | undefined {
  if (!time) return undefined;
  return Math.max(Math.ceil((Date.parse(time) - now) / 86_400_000), 0);
}
