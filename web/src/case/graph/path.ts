// The way between two items over the surest links, and how to say it.
import { defanged, visible } from '../../text/defang';
import { bits, span } from '../../text/format';
import { briefly, otherEnd, type Item, type Line, type Scene } from './scene';

export interface Way {
  items: number[]; // in order; empty where no way leads
  lines: number[];
}

/** A link costs less the more evidence it is; weak and inferred ones are a last resort. */
const cost = (line: Line): number => (line.rejected ? 50 : line.dashed ? 4 : 1) + 2 / (1 + Math.max(line.bits, 0));

/** wayBetween is Dijkstra's shortest path (1959) with a binary heap. */
export function wayBetween(scene: Scene, from: number, to: number): Way {
  const far = new Float64Array(scene.items.length).fill(Infinity);
  const by = new Int32Array(scene.items.length).fill(-1); // line over which it is reached
  const heap: [number, number][] = [[0, from]];
  far[from] = 0;
  for (let top = pop(heap); top; top = pop(heap)) {
    const [reached, at] = top;
    if (at === to) break;
    if (reached > (far[at] as number)) continue;
    for (const l of scene.lines_of[at] ?? []) {
      const line = scene.lines[l] as Line;
      const next = otherEnd(line, at);
      const sum = reached + cost(line);
      if (sum >= (far[next] as number)) continue;
      far[next] = sum;
      by[next] = l;
      push(heap, [sum, next]);
    }
  }
  if (far[to] === Infinity) return { items: [], lines: [] };
  const way: Way = { items: [to], lines: [] };
  for (let at = to; at !== from;) {
    const l = by[at] as number;
    at = otherEnd(scene.lines[l] as Line, at);
    way.items.unshift(at);
    way.lines.unshift(l);
  }
  return way;
}

function push(heap: [number, number][], one: [number, number]): void {
  let i = heap.push(one) - 1;
  while (i > 0) {
    const up = (i - 1) >> 1;
    if ((heap[up] as [number, number])[0] <= one[0]) break;
    heap[i] = heap[up] as [number, number];
    heap[(i = up)] = one;
  }
}

function pop(heap: [number, number][]): [number, number] | undefined {
  const top = heap[0];
  const last = heap.pop();
  if (!top || !last || heap.length === 0) return top;
  let i = 0;
  for (;;) {
    let down = 2 * i + 1;
    if (down >= heap.length) break;
    if (down + 1 < heap.length && (heap[down + 1] as [number, number])[0] < (heap[down] as [number, number])[0]) down++;
    if ((heap[down] as [number, number])[0] >= last[0]) break;
    heap[i] = heap[down] as [number, number];
    i = down;
  }
  heap[i] = last;
  return top;
}

const nameOfItem = ({ node, members }: Item): string =>
  members.length > 1 ? `one of ${String(members.length)} alike (${node.kind})` : defanged(node.kind, briefly(node));

/** told is a way in words, a sentence a step. */
export function told(scene: Scene, way: Way): string[] {
  return way.lines.map((l, k) => {
    const line = scene.lines[l] as Line;
    const link = line.links[0] as Line['links'][number];
    const [a, b] = [way.items[k], way.items[k + 1]].map((i) => scene.items[i as number] as Item);
    if (!a || !b) return '';
    const relation = visible(link.relation).replaceAll('-', ' ');
    const words = link.through
      ? `${nameOfItem(a)} and ${nameOfItem(b)} share ${relation} ${defanged(link.through.kind, briefly(link.through))}`
      : `${nameOfItem(a)} to ${nameOfItem(b)}: ${relation}`;
    const when = span(link.edge.first, link.edge.last);
    const notes = [
      link.edge.bits ? `${bits(link.edge.bits)} bits` : '',
      when,
      link.edge.rejected !== undefined ? 'rejected' : link.edge.inferred ? 'inferred' : link.edge.weak ? 'weak' : '',
      line.links.length > 1 ? `and ${String(line.links.length - 1)} more links` : '',
    ].filter(Boolean);
    return `${words}${notes.length ? ` (${notes.join(', ')})` : ''}.`;
  });
}
