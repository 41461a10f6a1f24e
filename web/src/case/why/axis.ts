// A time axis: the days a finding's links held, beside the incident.
import type { Factor, WholeFinding } from '../../api/client';

export interface Bar {
  factor: Factor;
  from: number; // part of the axis, 0 to 1
  to: number;
  openFrom: boolean; // the source did not say when it began
  openTo: boolean;
}

export interface Axis {
  bars: Bar[];
  ticks: { at: number; text: string }[];
  incident: { from: number; to: number } | undefined;
}

const dayLong = 86_400_000;

/** axisOf lays the windows of the lines that have one on a common axis; undefined when none has. */
export function axisOf(finding: WholeFinding, incident: (string | null)[]): Axis | undefined {
  const dated = finding.factors.filter((f) => f.window[0] ?? f.window[1]);
  if (dated.length === 0) return undefined;
  const times = [...dated.flatMap((f) => f.window), ...incident].filter((t) => t !== null).map((t) => Date.parse(t));
  const slack = Math.max((Math.max(...times) - Math.min(...times)) * 0.03, dayLong);
  const begin = Math.min(...times) - slack;
  const end = Math.max(...times) + slack;
  const place = (time: string | null | undefined, open: number): number =>
    time ? (Date.parse(time) - begin) / (end - begin) : open;
  const seen = new Set<string>();
  const bars = dated
    .filter((f) => {
      const name = [f.relation, f.kind, f.value, ...f.window].join('\n');
      return !seen.has(name) && seen.add(name);
    })
    .map((factor) => ({
      factor,
      from: place(factor.window[0], 0),
      to: place(factor.window[1], 1),
      openFrom: !factor.window[0],
      openTo: !factor.window[1],
    }));
  const [since, until] = incident;
  return {
    bars,
    ticks: ticksOf(begin, end),
    incident: (since ?? until) ? { from: place(since, 0), to: place(until, 1) } : undefined,
  };
}

/** ticksOf marks years, quarters, months or weeks: three to eight of them. */
function ticksOf(begin: number, end: number): { at: number; text: string }[] {
  const months = (end - begin) / (30.4 * dayLong);
  const every = [1, 2, 3, 6, 12, 24, 60, 120].find((n) => months / n <= 6) ?? 240;
  const ticks: { at: number; text: string }[] = [];
  if (months < 2) {
    const step = Math.max(Math.ceil((end - begin) / dayLong / 5), 1) * dayLong;
    for (let t = Math.ceil(begin / dayLong) * dayLong; t < end; t += step) {
      ticks.push({ at: (t - begin) / (end - begin), text: new Date(t).toISOString().slice(5, 10) });
    }
    return ticks;
  }
  const first = new Date(begin);
  let month = Math.ceil((first.getUTCFullYear() * 12 + first.getUTCMonth() + 1) / every) * every;
  for (;;) {
    const t = Date.UTC(Math.floor(month / 12), month % 12);
    if (t > end) return ticks;
    ticks.push({ at: (t - begin) / (end - begin), text: new Date(t).toISOString().slice(0, 7) });
    month += every;
  }
}
