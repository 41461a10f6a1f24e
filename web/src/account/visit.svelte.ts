// Who looks at the page, and what they may. Alone on loopback whoever has the link
// may do everything, and nothing of this shows.
import { api, onRefused, said, type Schemas } from '../api/client';

export type Visit = Schemas['Visit'];
export type Account = Schemas['Account'];
export type Role = Account['role'];

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

/** may reports a permission; until it is known who asks, nobody is refused here: the
 * server decides in any case. */
export const may = (permission: string): boolean => now === undefined || now.permissions.includes(permission);

const does: Record<string, string> = {
  work: 'ask sources, judge and note',
  act: 'propose, mark as applied, and tell others',
  approve: 'approve or revoke, and judge for every case',
  administer: 'see to users, access and the machine',
};

/** whyNot says why a button does nothing, "" when it does. */
export function whyNot(permission: string): string {
  if (may(permission)) return '';
  const whom = now?.user ? `your role, ${now.user.role}, may not` : 'you may not';
  return `${whom} ${does[permission] ?? permission}`;
}

export function enter(to: Visit): void {
  now = to;
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
