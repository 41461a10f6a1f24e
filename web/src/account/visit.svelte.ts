// Who looks at the page, and what they may. Alone on loopback whoever has the link
// may do everything, and nothing of this shows.
import { api, onRefused, said, type Schemas } from '../api/client';
import type { operations } from '../api/schema';

export type Visit = Schemas['Visit'];
export type Account = Schemas['Account'];
export type Role = Account['role'];
/** What can be asked for: an operation of the API, or a part of one that needs more. */
export type Operation = keyof operations | Visit['parts'][number];

let now = $state.raw<Visit>();
let trouble = $state('');
let ended = $state(false);

export const visit = {
  get now(): Visit | undefined {
    return now;
  },
  get trouble(): string {
    return trouble;
  },
  /** Whether who was signed in no longer is, and did not ask for that. */
  get ended(): boolean {
    return ended;
  },
  /** Whether somebody must sign in before there is anything to see. */
  get shut(): boolean {
    return now?.accounts === true && !now.signed_in;
  },
};

/** allows reports whether what the server allowed holds an operation. */
export const allows = (them: Pick<Visit, 'operations' | 'parts'>, what: Operation): boolean =>
  them.operations.includes(what) || (them.parts as string[]).includes(what);

/** may reports whether an operation is for who looks, as the server said; until that is
 * known nobody is refused here: the server decides in any case. */
export const may = (what: Operation): boolean => now === undefined || allows(now, what);

/** whyNot says why a button does nothing, "" when it does. */
export function whyNot(what: Operation): string {
  if (may(what)) return '';
  return now?.user ? `your role, ${now.user.role}, does not allow that` : 'that is not allowed to you';
}

export function enter(to: Visit): void {
  // What is as it was is not news: whatever shows it would ask again for all it shows.
  if (JSON.stringify(to) !== JSON.stringify(now)) now = to;
  trouble = '';
  ended = false;
}

/** look asks the server who this is, and what they may. */
export async function look(): Promise<void> {
  try {
    const to = await said(api.GET('/api/v1/session'));
    const was = now?.accounts && now.signed_in;
    enter(to);
    ended = Boolean(was) && !to.signed_in;
  } catch (error) {
    trouble = error instanceof Error ? error.message : String(error);
  }
}

/** lookAgain follows what an admin, or another window, changed since. */
export function lookAgain(): void {
  if (now?.accounts && now.signed_in) void look();
}

// A session that ended, or a role that was taken, is noticed by whatever asks next.
onRefused(lookAgain);
