// What can be ordered about an action, in words.
import type { Operation } from '../../account/visit.svelte';

export type Verb = 'propose' | 'approve' | 'apply' | 'revoke' | 'expire';

interface Words {
  button: string;
  does: string;
  reason: boolean; // is needed
  needs: Operation;
  bounds: boolean; // takes how long it stands, and what else to do
}

export const verbs: Record<Verb, Words> = {
  propose: {
    button: 'Propose',
    does: 'Counts whom a block would hit and records what the policy proposes. Nothing is approved by it.',
    reason: false,
    needs: 'act',
    bounds: true,
  },
  approve: {
    button: 'Approve',
    does: 'Block lists hold what is approved. A block that would hit bystanders becomes a watch, with the figure.',
    reason: false,
    needs: 'approve',
    bounds: true,
  },
  apply: {
    button: 'Mark as applied',
    does: 'Records that it was put into effect: say where in the reason, such as the serial number of a zone.',
    reason: false,
    needs: 'act',
    bounds: false,
  },
  revoke: {
    button: 'Revoke',
    does: 'Takes it out of every block list from now on. The record keeps that it stood, and why it does no more.',
    reason: true,
    needs: 'revoke',
    bounds: false,
  },
  expire: {
    button: 'Record as expired',
    does: 'Records what has run out.',
    reason: false,
    needs: 'act',
    bounds: false,
  },
};
