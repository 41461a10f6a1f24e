// A crowd: leaves that are alike (one kind, one band, the same neighbours by the
// same relations) drawn as one node with its count. A hundred names behind one
// page title are one fact, not a hundred.
import { brief } from './address';
import type { Item, Line, Scene } from './scene';

const fewest = 4;

/** crowded folds the crowds of a scene, except those that are opened. */
export function crowded(scene: Scene, opened: ReadonlySet<string>): [Item[], Line[]] {
  const alike = new Map<string, number[]>();
  scene.items.forEach((item, i) => {
    const lines = scene.lines_of[i] ?? [];
    const { role, kind, band = '', verdict = '' } = item.node;
    // Leaves hang on one value; what joins more of the picture stays itself.
    if (role === 'seed' || lines.length === 0 || lines.length > 2) return;
    const near = lines.map((l) => {
      const line = scene.lines[l] as Line;
      return [line.from === i ? line.to : line.from, line.dashed, line.links.map((k) => k.relation).sort()].join(' ');
    });
    const sign = [role, kind, band, verdict, ...near.sort()].join('|');
    const list = alike.get(sign);
    if (list) list.push(i);
    else alike.set(sign, [i]);
  });

  const into = new Map<number, number>(); // item to the first of its crowd
  for (const crowd of alike.values()) {
    const first = crowd[0] as number;
    if (crowd.length < fewest || opened.has(brief(keyOf(scene, first)))) continue;
    for (const i of crowd) into.set(i, first);
  }
  return fold(scene, into);
}

const keyOf = (scene: Scene, first: number): string => `crowd:${(scene.items[first] as Item).key}`;

function fold(scene: Scene, into: Map<number, number>): [Item[], Line[]] {
  const items: Item[] = [];
  const place: number[] = [];
  scene.items.forEach((item, i) => {
    const first = into.get(i);
    if (first === undefined || first === i) {
      place[i] = items.length;
      items.push(first === i ? { key: keyOf(scene, i), members: [item.node], node: item.node } : item);
    } else {
      place[i] = place[first] as number;
      items[place[i]]?.members.push(item.node);
    }
  });
  const pairs = new Map<number, Line>();
  for (const line of scene.lines) {
    const [from, to] = [place[line.from] as number, place[line.to] as number];
    if (from === to) continue;
    const pair = Math.min(from, to) * items.length + Math.max(from, to);
    const there = pairs.get(pair);
    if (there) there.links.push(...line.links);
    else pairs.set(pair, { ...line, from, to, links: [...line.links] });
  }
  return [items, [...pairs.values()]];
}
