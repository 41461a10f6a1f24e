// How an item and a line look, from what they are: band as colour and ring, kind
// as shape and icon, confidence as size, evidence as width.
import { defanged } from '../../../text/defang';
import { count } from '../../../text/format';
import { iconNames, lookOf, shapes } from '../kinds';
import { briefly, type Item, type Line, type Scene } from '../scene';
import { faint, type Colours } from './colours';
import { pack, rings } from './node';

/** Marks are what the analyst points at: they change without a new scene. */
export interface Marks {
  selected: number; // item, -1 for none
  path: ReadonlySet<number>; // lines on the path between two items
  ends: ReadonlySet<number>; // items on it
  found: ReadonlySet<number> | undefined; // items that hold what is searched for
  hovered: number;
  pinned: ReadonlySet<string>; // keys
  quietItem: (item: number) => boolean; // outside of the time shown
  quietLine: (line: number) => boolean;
}

export interface Painted {
  size: number;
  color: string;
  ring: string;
  look: number;
  faded: boolean;
  label: string;
  forceLabel: boolean;
}

/** shrink keeps many nodes apart: they are dots before they are signs. */
export const shrink = (items: number): number =>
  items <= 120 ? 1 : items <= 500 ? 0.8 : items <= 2000 ? 0.6 : items <= 8000 ? 0.42 : 0.3;

export function sizeOf(item: Item, items: number): number {
  const { node, members } = item;
  let size = 7 + (node.confidence ?? 0) * 0.07;
  if (node.role === 'seed') size = 17;
  else if (members.length > 1) size = 12 + Math.min(8, Math.log2(members.length) * 1.4);
  else if (node.role !== 'finding' && node.band === undefined) size = 9;
  return size * shrink(items);
}

export function labelOf(item: Item): string {
  const { node, members } = item;
  const kinds = node.kind.endsWith('s') ? node.kind : node.kind + 's';
  if (members.length > 1) return `${count(members.length)} ${kinds}`;
  return defanged(node.kind, briefly(node));
}

export function paintItem(scene: Scene, i: number, marks: Marks, colours: Colours): Painted {
  const item = scene.items[i] as Item;
  const { node } = item;
  const { icon, shape } = lookOf(node.kind);
  const seed = node.role === 'seed';
  const band = colours.bands[node.band ?? ''] ?? colours.muted;
  const attribute = !seed && node.band === undefined;
  const refused = node.role === 'rejected';
  const colour = seed ? colours.thread : attribute ? colours.ink : refused ? colours.muted : band;
  const searched = marks.found !== undefined && !marks.found.has(i);
  const off = marks.ends.size > 0 && !marks.ends.has(i);
  const marked = i === marks.selected || marks.ends.has(i) || (marks.found?.has(i) ?? false);
  const faded = (searched || off || marks.quietItem(i)) && i !== marks.selected;
  return {
    size: sizeOf(item, scene.items.length),
    color: colour,
    ring: attribute && !refused ? colours.muted : colour,
    look: pack({
      shape: shapes.indexOf(shape),
      icon: iconNames.indexOf(icon),
      ring: rings.indexOf(ringOf(item)),
      hollow: attribute || refused,
      faded,
      double: seed || item.members.length > 1,
      marked,
      pinned: marks.pinned.has(item.key),
    }),
    faded,
    label: labelOf(item),
    forceLabel: marked || i === marks.hovered || seed,
  };
}

/** ringOf is the border of an item: its band, and whether it was refused. */
export function ringOf({ node }: Item): (typeof rings)[number] {
  if (node.role === 'rejected') return 'dotted';
  switch (node.band) {
    case 'low':
      return 'dashed';
    case 'coincidence':
      return 'dotted';
    case 'high':
      return 'thick';
    default:
      return node.role === 'seed' ? 'thick' : 'solid';
  }
}

export interface PaintedLine {
  size: number;
  color: string;
  dash: number; // pixels, 0 for a whole line
  hidden: boolean;
}

export function paintLine(scene: Scene, i: number, marks: Marks, colours: Colours): PaintedLine {
  const line = scene.lines[i] as Line;
  const touches = (item: number): boolean => item >= 0 && (line.from === item || line.to === item);
  const onPath = marks.path.has(i);
  const lit = onPath || touches(marks.selected) || touches(marks.hovered);
  const strength = Math.min(line.bits, 20) / 20;
  const off = (marks.path.size > 0 && !onPath) || (marks.found !== undefined && !lit);
  const many = scene.lines.length > 4000;
  const alpha = off ? 0.1 : lit ? 0.95 : many ? 0.25 + 0.4 * strength : 0.4 + 0.5 * strength;
  return {
    size: (onPath ? 2 : 0) + (1.1 + 3.6 * strength) * (many ? 0.6 : 1),
    color: faint(
      lit ? colours.thread : line.rejected ? (colours.bands['high'] ?? colours.muted) : colours.muted,
      alpha,
    ),
    dash: line.dashed ? 4 : 0,
    hidden: marks.quietLine(i),
  };
}
