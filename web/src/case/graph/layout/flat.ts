// A scene as numbers, for layouts: what a worker can be sent.
import { sizeOf } from '../draw/paint';
import type { Scene } from '../scene';

export interface Flat {
  count: number;
  sizes: Float32Array; // of items, in pixels
  hops: Float32Array; // half a hop for shared values, which stand between
  times: Float64Array; // first seen, ms; NaN where nobody knows
  roots: Uint8Array; // 1 for seeds
  pairs: Int32Array; // from, to of each line
  weights: Float32Array; // of lines
  groups: Int32Array; // -1 for none
  fixed: Uint8Array; // 1 for pinned
  xy: Float32Array; // where they are now, NaN for new ones
  width: number; // of the picture, in pixels
  height: number;
}

export function flatten(
  scene: Scene,
  at: ReadonlyMap<string, { x: number; y: number }>,
  pinned: ReadonlySet<string>,
  groups: Int32Array,
  width: number,
  height: number,
): Flat {
  const n = scene.items.length;
  const flat: Flat = {
    count: n,
    sizes: new Float32Array(n),
    hops: new Float32Array(n),
    times: new Float64Array(n),
    roots: new Uint8Array(n),
    pairs: new Int32Array(scene.lines.length * 2),
    weights: new Float32Array(scene.lines.length),
    groups,
    fixed: new Uint8Array(n),
    xy: new Float32Array(n * 2).fill(NaN),
    width,
    height,
  };
  scene.items.forEach((item, i) => {
    const { node } = item;
    flat.sizes[i] = sizeOf(item, n);
    flat.hops[i] = node.hop + (node.role !== 'seed' && node.band === undefined ? 0.5 : 0);
    flat.times[i] = node.first ? Date.parse(node.first) : NaN;
    flat.roots[i] = node.role === 'seed' ? 1 : 0;
    flat.fixed[i] = pinned.has(item.key) ? 1 : 0;
    const place = at.get(item.key);
    if (place) flat.xy.set([place.x, place.y], i * 2);
  });
  scene.lines.forEach((line, i) => {
    flat.pairs.set([line.from, line.to], i * 2);
    flat.weights[i] = 1 + Math.min(line.bits, 20) / 10;
  });
  return flat;
}

/** buffers of a flat scene, to hand over without copying. */
export const buffers = (f: Flat): ArrayBuffer[] =>
  [f.sizes, f.hops, f.times, f.roots, f.pairs, f.weights, f.groups, f.fixed, f.xy].map((a) => a.buffer as ArrayBuffer);
