// Forces: ForceAtlas2, then what overlaps is moved apart. It runs in a worker,
// in steps, under a time limit, and tells how far it is.
import iterate, { type FA2Settings } from 'graphology-layout-forceatlas2/iterate.js';
import spread from 'graphology-layout-noverlap/iterate.js';

import type { Flat } from './flat';
import { radial } from './radial';

const settings = (count: number): FA2Settings => ({
  linLogMode: false,
  outboundAttractionDistribution: false,
  adjustSizes: false,
  edgeWeightInfluence: 1,
  scalingRatio: 12,
  strongGravityMode: false,
  gravity: 0.9,
  slowDown: 1 + Math.log(Math.max(count, 2)),
  barnesHutOptimize: count > 600,
  barnesHutTheta: count > 10_000 ? 1.2 : 0.6,
});

const perNode = 10; // numbers of a node in ForceAtlas2's matrix
const perPlace = 3; // and in noverlap's

/** force yields places as it goes; the last is final. limit is in ms. */
export function* force(flat: Flat, limit: number, now: () => number): Generator<Float32Array, void> {
  const begun = now();
  radial(flat);
  // The picture is wider than high, forces are round.
  const stretch = Math.min(1.5, Math.max(0.7, Math.sqrt(flat.width / flat.height)));
  for (let i = 0; i < flat.count; i++) flat.xy[i * 2] = (flat.xy[i * 2] as number) / stretch;
  const { count, pairs, weights, xy, fixed } = flat;
  const loose = looseOf(flat);
  const joined = [...Array(count).keys()].filter((i) => !loose[i]);
  const place = new Int32Array(count).fill(-1);
  joined.forEach((i, k) => (place[i] = k));
  const groups = groupsOf(flat, joined);

  const nodes = new Float32Array((joined.length + groups.length) * perNode);
  joined.forEach((i, k) => {
    nodes.set(
      [xy[i * 2] as number, xy[i * 2 + 1] as number, 0, 0, 0, 0, 1, 1, flat.sizes[i] as number, fixed[i] as number],
      k * perNode,
    );
  });
  const edges: number[] = [];
  const tie = (a: number, b: number, weight: number): void => {
    edges.push(a * perNode, b * perNode, weight);
    for (const k of [a, b]) nodes[k * perNode + 6] = (nodes[k * perNode + 6] as number) + weight;
  };
  for (let l = 0; l < weights.length; l++)
    tie(place[pairs[l * 2] as number] as number, place[pairs[l * 2 + 1] as number] as number, weights[l] as number);
  // A group pulls its members to a middle of its own.
  groups.forEach((members, g) => {
    const k = joined.length + g;
    const start = members[0] as number;
    nodes.set([xy[start * 2] as number, xy[start * 2 + 1] as number, 0, 0, 0, 0, 1, 1, 1, 0], k * perNode);
    for (const i of members) tie(k, place[i] as number, 4);
  });

  const matrix = Float32Array.from(edges);
  const options = settings(joined.length);
  const most = joined.length < 400 ? 900 : joined.length < 3000 ? 500 : 300;
  let told = now();
  for (let step = 0; step < most && now() - begun < limit * 0.85; step++) {
    iterate(options, nodes, matrix);
    if (now() - told < 120) continue;
    told = now();
    yield gather(flat, joined, nodes, stretch);
  }
  yield apart(gather(flat, joined, nodes, stretch), flat, loose, () => now() - begun > limit);
}

/** looseOf marks items without lines, which forces would drive away. */
function looseOf({ count, pairs }: Flat): Uint8Array {
  const loose = new Uint8Array(count).fill(1);
  for (const end of pairs) loose[end] = 0;
  return loose;
}

function groupsOf({ groups }: Flat, joined: number[]): number[][] {
  const by = new Map<number, number[]>();
  for (const i of joined) {
    const group = groups[i] as number;
    if (group < 0) continue;
    const list = by.get(group);
    if (list) list.push(i);
    else by.set(group, [i]);
  }
  return [...by.values()].filter((members) => members.length > 1);
}

function gather({ xy }: Flat, joined: number[], nodes: Float32Array, stretch: number): Float32Array {
  const out = xy.slice();
  joined.forEach((i, k) => {
    out[i * 2] = (nodes[k * perNode] as number) * stretch;
    out[i * 2 + 1] = nodes[k * perNode + 1] as number;
  });
  return out;
}

/** apart moves what overlaps on the screen, and sets loose items in rows below. */
function apart(xy: Float32Array, flat: Flat, loose: Uint8Array, late: () => boolean): Float32Array {
  const { count, sizes, fixed, width, height } = flat;
  let [left, right, low, high] = [Infinity, -Infinity, Infinity, -Infinity];
  for (let i = 0; i < count; i++) {
    if (loose[i]) continue;
    left = Math.min(left, xy[i * 2] as number);
    right = Math.max(right, xy[i * 2] as number);
    low = Math.min(low, xy[i * 2 + 1] as number);
    high = Math.max(high, xy[i * 2 + 1] as number);
  }
  if (left > right) [left, right, low, high] = [0, 0, 0, 0];
  const unit = Math.max((right - left) / width, (high - low) / height, 0.05); // of the layout in a pixel
  const matrix = new Float32Array(count * perPlace);
  for (let i = 0; i < count; i++)
    matrix.set([xy[i * 2] as number, xy[i * 2 + 1] as number, (sizes[i] as number) * unit], i * perPlace);
  const room = { gridSize: 20, margin: (count < 150 ? 16 : 4) * unit, expansion: 1.1, ratio: 1.15, speed: 3 };
  for (let k = 0; k < 80 && count < 2000 && !late(); k++) if (spread(room, matrix).converged) break;
  for (let i = 0; i < count; i++) {
    if (fixed[i] || loose[i]) continue;
    xy[i * 2] = matrix[i * perPlace] as number;
    xy[i * 2 + 1] = matrix[i * perPlace + 1] as number;
    low = Math.min(low, xy[i * 2 + 1] as number);
  }
  const cell = 3.4 * unit * Math.max(1, ...sizes.slice(0, 1000));
  const inRow = Math.max(6, Math.floor((right - left) / cell));
  let k = 0;
  for (let i = 0; i < count; i++) {
    if (!loose[i] || fixed[i]) continue;
    xy[i * 2] = (left + right) / 2 + ((k % inRow) - (Math.min(inRow, loose.length) - 1) / 2) * cell;
    xy[i * 2 + 1] = low - cell * (1.2 + Math.floor(k / inRow));
    k++;
  }
  return xy;
}
