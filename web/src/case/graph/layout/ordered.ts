// Layouts with an axis: by hop from the seeds, and by when something was first
// seen. They are exact, so they need no forces and no time.
import type { Flat } from './flat';
import { adjacency } from './radial';

export interface Axis {
  at: number; // in the layout's own units
  label: string;
}
export interface Laid {
  xy: Float32Array;
  axis: Axis[]; // along x
}

const day = 86_400_000;

/** byHop puts hops into columns, each ordered by where its neighbours are. */
export function byHop(flat: Flat): Laid {
  const { count, hops, width, height } = flat;
  const xy = new Float32Array(count * 2);
  const columns = new Map<number, number[]>();
  for (let i = 0; i < count; i++) {
    const list = columns.get(hops[i] as number);
    if (list) list.push(i);
    else columns.set(hops[i] as number, [i]);
  }
  const { start, near } = adjacency(flat);
  const order = [...columns.keys()].sort((a, b) => a - b);
  const rank = new Float64Array(count).fill(0.5);
  // Two sweeps of barycentres: the second also sees what comes after.
  for (const sweep of [0, 1]) {
    for (const hop of order) {
      const list = columns.get(hop) as number[];
      const wish = new Map(
        list.map((i) => {
          let [sum, n] = [0, 0];
          for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
            const j = near[k] as number;
            if (sweep === 0 && (hops[j] as number) >= hop) continue;
            sum += rank[j] as number;
            n++;
          }
          return [i, n ? sum / n : (rank[i] as number)];
        }),
      );
      list.sort((a, b) => (wish.get(a) as number) - (wish.get(b) as number) || a - b);
      list.forEach((i, k) => (rank[i] = (k + 0.5) / list.length));
    }
  }
  // A column too long for the picture becomes several, side by side.
  const wide = Math.max(width, 320);
  const tall = Math.max(height, 320);
  const rows = Math.max(8, Math.ceil(Math.sqrt((count * tall) / wide) * 1.4));
  const axis: Axis[] = [];
  const lanes = order.map((hop) => Math.ceil((columns.get(hop) as number[]).length / rows));
  const whole = lanes.reduce((sum, n) => sum + n + 1.2, 0);
  let x = 0;
  order.forEach((hop, c) => {
    const list = columns.get(hop) as number[];
    const n = lanes[c] as number;
    const long = Math.ceil(list.length / n);
    list.forEach((i, k) => {
      const [lane, row] = [k % n, Math.floor(k / n)];
      xy[i * 2] = ((x + lane) / whole) * wide;
      // y goes up: the first of the order is on top.
      xy[i * 2 + 1] = (0.5 - (row + 0.5 + (n > 1 ? (lane % 2) * 0.4 : 0)) / long) * tall * Math.min(1, 0.3 + long / 8);
    });
    axis.push({
      at: ((x + (n - 1) / 2) / whole) * wide,
      label: hop === 0 ? 'seed' : Number.isInteger(hop) ? `hop ${String(hop)}` : 'shared',
    });
    x += n + 1.2;
  });
  return { xy, axis };
}

/** byTime puts items where they were first seen, in as many lanes as it takes. */
export function byTime(flat: Flat): Laid {
  const { count, times, sizes } = flat;
  const xy = new Float32Array(count * 2);
  const wide = Math.max(flat.width, 320);
  const tall = Math.max(flat.height, 320) * 0.9;
  const known = [...Array(count).keys()].filter((i) => !Number.isNaN(times[i]));
  known.sort((a, b) => (times[a] as number) - (times[b] as number) || a - b);
  const first = known.length ? (times[known[0] as number] as number) : 0;
  const last = known.length ? (times[known[known.length - 1] as number] as number) : first;
  const across = Math.max(last - first, day);
  // A lane is free again when its last item and its label are passed.
  const gap = Math.max(2.6 * Math.max(1, ...sizes.slice(0, 2000)), wide * 0.02);
  const most = Math.max(Math.floor(tall / 34), Math.ceil(Math.sqrt(count)));
  const lanes: number[] = [];
  const lane = new Int32Array(count);
  for (const i of known) {
    const x = (((times[i] as number) - first) / across) * wide;
    let free = lanes.findIndex((until) => until <= x);
    if (free < 0) free = lanes.length < most ? lanes.length : lanes.indexOf(Math.min(...lanes));
    // Where every lane is taken, a little later is better than on top of another.
    const seen = Math.min(Math.max(x, lanes[free] ?? x), x + gap);
    lanes[free] = seen + gap;
    lane[i] = free;
    xy[i * 2] = seen;
  }
  const high = Math.max(lanes.length, 1);
  for (const i of known) {
    // From the middle outwards: 0, 1, -1, 2, -2 …
    const k = lane[i] as number;
    xy[i * 2 + 1] = ((k % 2 ? (k + 1) / 2 : -k / 2) / high) * tall;
  }
  const unknown = [...Array(count).keys()].filter((i) => Number.isNaN(times[i]));
  const rows = Math.max(1, Math.min(unknown.length, Math.max(10, Math.ceil(Math.sqrt(unknown.length * 3)))));
  const columns = Math.ceil(unknown.length / rows);
  unknown.forEach((i, k) => {
    xy[i * 2] = -wide * 0.08 - (columns - 1 - Math.floor(k / rows)) * gap;
    xy[i * 2 + 1] = (0.5 - ((k % rows) + 0.5) / rows) * tall;
  });
  const axis: Axis[] = unknown.length ? [{ at: -wide * 0.08 - ((columns - 1) * gap) / 2, label: 'no date' }] : [];
  for (const tick of ticks(first, last)) axis.push({ at: ((tick.at - first) / across) * wide, label: tick.label });
  return { xy, axis };
}

/** ticks are the starts of years, quarters, months or days within two times, UTC. */
export function ticks(first: number, last: number): Axis[] {
  const days = (last - first) / day;
  const step = days > 1200 ? 12 : days > 400 ? 3 : days > 60 ? 1 : 0;
  const out: Axis[] = [];
  if (step === 0) {
    const every = Math.max(1, Math.ceil(days / 10));
    for (let t = Math.ceil(first / day) * day; t <= last; t += every * day)
      out.push({ at: t, label: new Date(t).toISOString().slice(0, 10) });
    return out;
  }
  const date = new Date(first);
  for (let m = Math.ceil(date.getUTCMonth() / step) * step; out.length < 200; m += step) {
    const at = Date.UTC(date.getUTCFullYear(), m, 1);
    if (at > last) break;
    if (at >= first) out.push({ at, label: new Date(at).toISOString().slice(0, step === 12 ? 4 : 7) });
  }
  return out;
}
