// Whether a source can be asked now, and if not, why and until when.
import type { Schemas } from '../api/client';
import { count, plural } from '../text/format';

export interface Standing {
  state: 'ready' | 'closed' | 'spent' | 'key' | 'retired';
  why: string;
  until: string; // "" when it does not end by itself
}

/** The states, with what the button that filters by them says. */
export const standings: Record<Standing['state'], string> = {
  ready: 'can be asked',
  closed: 'closed for now',
  spent: 'quota spent',
  key: 'key missing',
  retired: 'retired',
};

const units: Record<string, string> = { s: 'second', m: 'minute', h: 'hour' };

/** perWords is the span of a limit, as people say it: "1m" is a minute, and not a month. */
export function perWords(per: string): string {
  const [, number, unit = ''] = /^(\d+)([smh])$/.exec(per) ?? [];
  const word = units[unit];
  if (!word) return per;
  return number === '1' ? word : plural(Number(number), word);
}

type Quota = Schemas['Quota'];
const ahead = (time: string | null, now: number): time is string => time !== null && Date.parse(time) > now;

export function standing(source: Schemas['Source'], quota: Quota | undefined, now: number): Standing {
  if (source.retired) return { state: 'retired', why: source.retired, until: '' };
  if (source.key === 'missing') return { state: 'key', why: `set ${source.key_env}`, until: '' };
  if (!quota) return { state: 'ready', why: '', until: '' };
  if (ahead(quota.circuit_open_until, now))
    return { state: 'closed', why: 'it failed several times in a row', until: quota.circuit_open_until };
  const shut = quota.closed.filter((c) => ahead(c.until, now));
  const whole = shut.find((c) => !c.endpoint);
  if (whole) return { state: 'closed', why: whole.why, until: whole.until ?? '' };
  const spent = quota.limits.find((l) => !l.endpoint && l.spent >= l.limit);
  if (spent)
    return { state: 'spent', why: `${count(spent.limit)} per ${perWords(spent.per)}`, until: spent.resets ?? '' };
  const parts = shut.map((c) => c.endpoint).join(', ');
  return { state: 'ready', why: parts ? `but not ${parts}` : '', until: '' };
}
