// Numbers and times for people. Times are UTC, as everywhere in clew.

const whole = new Intl.NumberFormat('en', { maximumFractionDigits: 0 });
const short = new Intl.NumberFormat('en', { notation: 'compact', maximumFractionDigits: 1 });

export const count = (n: number): string => whole.format(n);

/** compact is a large count in a few characters: 360M. */
export const compact = (n: number): string => (n < 10_000 ? whole.format(n) : short.format(n));

/** plural is a count with its noun: "1 name", "41 names". */
export const plural = (n: number, one: string, many = one + 's'): string => `${count(n)} ${n === 1 ? one : many}`;

export const day = (time: string | null | undefined): string => time?.slice(0, 10) ?? '';

/** minute is a time to the minute, UTC. */
export const minute = (time: string | null | undefined): string =>
  time ? `${time.slice(0, 10)} ${time.slice(11, 16)} UTC` : '';

/** span is a window in days: "2026-01-02 to 2026-02-11"; an open end is "…". */
export function span(first: string | null | undefined, last: string | null | undefined): string {
  if (!first && !last) return '';
  return day(first) === day(last) ? day(first) : `${day(first) || '…'} to ${day(last) || '…'}`;
}

/** bits are evidence: "+3.1", "0", "−1.4". */
export function bits(n: number): string {
  const text = Math.abs(n).toFixed(1);
  if (text === '0.0') return '0';
  return (n > 0 ? '+' : '−') + text;
}

const units = ['B', 'kB', 'MB', 'GB', 'TB'];

/** bytes is a size in powers of a thousand: "11.6 MB". */
export function bytes(n: number): string {
  const step = n < 1000 ? 0 : Math.min(Math.floor(Math.log10(n) / 3), units.length - 1);
  return `${step === 0 ? String(n) : (n / 1000 ** step).toPrecision(3)} ${units[step] ?? ''}`;
}

/** parts are the things that somebody wrote, one a line where nothing else parts them. */
export const parts = (text: string, by: string | RegExp = '\n'): string[] =>
  text
    .split(by)
    .map((part) => part.trim())
    .filter(Boolean);
