// When a watch is run, as the API writes it: "every 6h", "daily 07:00 ZONE",
// "cron MINUTE HOUR DAY MONTH WEEKDAY ZONE".
export type Schedule =
  | { kind: 'every'; number: number; unit: Unit }
  | { kind: 'daily'; time: string; zone: string }
  | { kind: 'cron'; times: string; zone: string };
export type Unit = 'minutes' | 'hours' | 'days';

const minutesOf: Record<Unit, number> = { minutes: 1, hours: 60, days: 1440 };

/** here is the zone of whoever looks, which they mean when they say a time of day. */
export const here = (): string => Intl.DateTimeFormat().resolvedOptions().timeZone;

/** zones are those that the browser knows, for whoever writes one. */
export const zones = (): string[] => ['UTC', ...Intl.supportedValuesOf('timeZone')];

/** parse reads a schedule; what it does not know begins anew, as every six hours. */
export function parse(text: string): Schedule {
  const [kind, ...rest] = text.split(/\s+/).filter(Boolean);
  if (kind === 'daily' && rest.length === 2) return { kind, time: rest[0] ?? '', zone: rest[1] ?? '' };
  if (kind === 'cron' && rest.length === 6) return { kind, times: rest.slice(0, 5).join(' '), zone: rest[5] ?? '' };
  const minutes = minutesIn(rest[0] ?? '');
  if (minutes === 0) return { kind: 'every', number: 6, unit: 'hours' };
  const unit = (['days', 'hours'] as const).find((one) => minutes % minutesOf[one] === 0) ?? 'minutes';
  return { kind: 'every', number: minutes / minutesOf[unit], unit };
}

export function write(s: Schedule): string {
  if (s.kind === 'daily') return `daily ${s.time.trim()} ${s.zone.trim()}`;
  if (s.kind === 'cron') return `cron ${s.times.trim().replace(/\s+/g, ' ')} ${s.zone.trim()}`;
  const minutes = s.number * minutesOf[s.unit];
  return minutes % 60 === 0 ? `every ${String(minutes / 60)}h` : `every ${String(minutes)}m`;
}

/** said is a schedule for people: "every 2 days", "daily 07:00 Europe/Berlin". */
export function said(text: string): string {
  const s = parse(text);
  if (s.kind !== 'every' || !text.startsWith('every ')) return text;
  return `every ${s.number === 1 ? s.unit.slice(0, -1) : `${String(s.number)} ${s.unit}`}`;
}

/** minutesIn reads a duration as Go writes it ("12h0m0s"), 0 for what is none. */
function minutesIn(duration: string): number {
  const [whole, hours = '0', minutes = '0', seconds = '0'] = /^(?:(\d+)h)?(?:(\d+)m)?(?:(\d+)s)?$/.exec(duration) ?? [];
  if (whole === undefined) return 0;
  return Math.round(Number(hours) * 60 + Number(minutes) + Number(seconds) / 60);
}
