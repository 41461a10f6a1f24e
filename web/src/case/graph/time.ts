// What was linked when.
import type { Line, Scene } from './scene';

const day = 86_400_000;

export interface Extent {
  from: number; // days, ms UTC
  to: number;
  bars: number[]; // links that held, by equal parts of the extent
}

/** extentOf is the time that the links of a scene span; undefined where none has a time. */
export function extentOf(scene: Scene, parts = 60): Extent | undefined {
  let [from, to] = [Infinity, -Infinity];
  for (const line of scene.lines) {
    if (Number.isNaN(line.first)) continue;
    from = Math.min(from, line.first);
    to = Math.max(to, line.last);
  }
  if (from > to) return undefined;
  from = Math.floor(from / day) * day;
  to = Math.max(Math.ceil(to / day) * day, from + day);
  const steps = new Array<number>(parts + 1).fill(0);
  const part = (time: number): number => Math.min(parts - 1, Math.floor(((time - from) / (to - from)) * parts));
  for (const line of scene.lines) {
    if (Number.isNaN(line.first)) continue;
    steps[part(line.first)] = (steps[part(line.first)] as number) + 1;
    steps[part(line.last) + 1] = (steps[part(line.last) + 1] as number) - 1;
  }
  let holding = 0;
  return { from, to, bars: steps.slice(0, parts).map((step) => (holding += step)) };
}

/** heldIn says whether a link held within a span. What has no time always did, as far as is known. */
export const heldIn = (line: Line, [from, to]: [number, number]): boolean =>
  Number.isNaN(line.first) || (line.first <= to && line.last >= from);

/** quietIn marks the lines that did not hold in a span, and the items that then had none. */
export function quietIn(scene: Scene, span: [number, number] | undefined): { lines: Uint8Array; items: Uint8Array } {
  const lines = new Uint8Array(scene.lines.length);
  const items = new Uint8Array(scene.items.length);
  if (!span) return { lines, items };
  scene.lines.forEach((line, l) => (lines[l] = heldIn(line, span) ? 0 : 1));
  scene.items.forEach(({ node }, i) => {
    const own = scene.lines_of[i] ?? [];
    items[i] = node.role !== 'seed' && own.length > 0 && own.every((l) => lines[l] === 1) ? 1 : 0;
  });
  return { lines, items };
}
