// Where forces start: a tree from the seeds outwards, each branch with as much of
// the circle as it has leaves. A case of 50,000 is legible from this alone.
import type { Flat } from './flat';

/** adjacency of a flat scene: the neighbours of i are near[start[i]..start[i+1]]. */
export function adjacency({ count, pairs }: Flat): { start: Int32Array; near: Int32Array } {
  const start = new Int32Array(count + 1);
  for (const end of pairs) start[end + 1] = (start[end + 1] as number) + 1;
  for (let i = 0; i < count; i++) start[i + 1] = (start[i + 1] as number) + (start[i] as number);
  const fill = start.slice();
  const near = new Int32Array(pairs.length);
  for (let i = 0; i < pairs.length; i += 2) {
    const [a, b] = [pairs[i] as number, pairs[i + 1] as number];
    for (const [here, there] of [
      [a, b],
      [b, a],
    ] as const) {
      const k = fill[here] as number;
      near[k] = there;
      fill[here] = k + 1;
    }
  }
  return { start, near };
}

/** radial fills in places for the items that have none. */
export function radial(flat: Flat): void {
  const { count, roots, xy } = flat;
  const { start, near } = adjacency(flat);
  const parent = new Int32Array(count).fill(-1);
  const depth = new Int32Array(count);
  const seen = new Uint8Array(count);
  const order: number[] = [];
  const tops: number[] = [];
  // Seeds first; then whatever hangs on none of them, best connected first.
  const rest = [...Array(count).keys()].sort(
    (a, b) =>
      (roots[b] as number) - (roots[a] as number) ||
      (start[b + 1] as number) - (start[b] as number) - ((start[a + 1] as number) - (start[a] as number)) ||
      a - b,
  );
  for (const root of rest) {
    if (seen[root]) continue;
    seen[root] = 1;
    tops.push(root);
    for (const queue = [root]; queue.length > 0;) {
      const layer = queue.splice(0);
      for (const i of layer) {
        order.push(i);
        for (let k = start[i] as number; k < (start[i + 1] as number); k++) {
          const j = near[k] as number;
          if (seen[j]) continue;
          seen[j] = 1;
          parent[j] = i;
          depth[j] = (depth[i] as number) + 1;
          queue.push(j);
        }
      }
    }
  }
  const leaves = new Float64Array(count).fill(1);
  for (let k = order.length - 1; k >= 0; k--) {
    const up = parent[order[k] as number] as number;
    if (up >= 0) leaves[up] = (leaves[up] as number) + (leaves[order[k] as number] as number);
  }
  const from = new Float64Array(count); // where the slice of each begins, in turns
  const taken = new Float64Array(count);
  const whole = tops.reduce((sum, top) => sum + (leaves[top] as number), 0);
  let used = 0;
  const ring = 100 * Math.max(1, Math.sqrt(count / 60));
  for (const i of order) {
    const up = parent[i] as number;
    const share = (leaves[i] as number) / (up < 0 ? whole : (leaves[up] as number) - 1 || 1);
    const width = up < 0 ? 1 : (taken[up] as number);
    const begin = up < 0 ? used : (from[up] as number);
    from[i] = begin;
    taken[i] = share * width;
    if (up < 0) used += share;
    else from[up] = begin + share * width;
    if (!Number.isNaN(xy[i * 2])) continue;
    const middle = (begin + (share * width) / 2) * 2 * Math.PI;
    const far = up < 0 && tops.length === 1 ? 0 : ring * ((depth[i] as number) + (up < 0 && !roots[i] ? 2 : 0.2));
    xy[i * 2] = Math.cos(middle) * far;
    xy[i * 2 + 1] = Math.sin(middle) * far;
  }
}
