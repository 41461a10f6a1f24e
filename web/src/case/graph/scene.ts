// What is drawn: of the case's graph the findings in view with what they share,
// shared values folded into edges and crowds of alike leaves into one node, as
// the analyst chose. Pure: the same graph and choice give the same scene.
import type { Schemas } from '../../api/client';
import { shortened } from '../../text/defang';
import { nameOf } from '../opened.svelte';
import { crowded } from './crowds';

export type CaseGraph = Schemas['Graph'];
export type GraphNode = CaseGraph['nodes'][number];
export type GraphEdge = CaseGraph['edges'][number];

/** An Item is a node of the picture: a value, or a crowd of alike values. */
export interface Item {
  key: string; // the ID of the value; of a crowd, that of its first value with "crowd:" before it
  members: GraphNode[]; // one, or the crowd
  node: GraphNode; // what it looks like: the surest of them
}

/** A Line is an edge of the picture: every link between two items. */
export interface Line {
  from: number; // places in items
  to: number;
  links: Link[]; // strongest first
  bits: number; // of the strongest
  dashed: boolean; // every link is inferred, weak, or of a rejected pivot
  rejected: boolean;
  first: number; // when any of it held, in ms UTC; NaN where nobody saw a time
  last: number;
}

/** A Link is one reason why two items are joined. */
export interface Link {
  relation: string;
  through?: GraphNode; // the shared value that was folded into it
  edge: GraphEdge;
}

export interface Scene {
  items: Item[];
  lines: Line[];
  at: Map<string, number>; // item by the name of each value in it, and by key
  lines_of: number[][]; // lines of each item
  hidden: number; // items that the analyst took out of the picture
}

export interface Choice {
  inView: ReadonlySet<string>; // names of findings
  folds: (id: string) => boolean; // shared values that are drawn as edges
  hidden: ReadonlySet<string>; // IDs
  families: ReadonlySet<string>; // evidence left out by the legend
  pivots: boolean; // rejected pivot points too
  alone: boolean; // shared values with one holder in view too
  crowds: boolean;
  opened: ReadonlySet<string>; // crowds that are shown one by one, by key
}

const ms = (time: string | null | undefined): number => (time ? Date.parse(time) : NaN);

export function sceneOf(graph: CaseGraph, choice: Choice): Scene {
  const drawn = chosen(graph, choice);
  const items: Item[] = [];
  const place = new Map<number, number>(); // node to item
  for (const i of drawn.nodes) {
    const node = graph.nodes[i] as GraphNode;
    place.set(i, items.length);
    items.push({ key: node.id, members: [node], node });
  }
  const pairs = new Map<number, Line>();
  const join = (from: number, to: number, link: Link): void => {
    if (from === to) return;
    const pair = Math.min(from, to) * items.length + Math.max(from, to);
    const line = pairs.get(pair);
    if (line) line.links.push(link);
    else pairs.set(pair, { from, to, links: [link], bits: 0, dashed: false, rejected: false, first: NaN, last: NaN });
  };
  for (const edge of drawn.edges) {
    const [from, to] = [place.get(edge.from), place.get(edge.to)];
    if (from !== undefined && to !== undefined) join(from, to, { relation: edge.relation, edge });
  }
  // A folded value joins its holders: the one where the thread came from to each other.
  for (const { value, edges } of drawn.folded) {
    const [first, ...rest] = edges.filter((e) => place.has(e.from)).sort((a, b) => nearer(graph, a.from, b.from));
    const through = graph.nodes[value] as GraphNode;
    for (const edge of first ? rest : [])
      join(place.get((first as GraphEdge).from) as number, place.get(edge.from) as number, {
        relation: edge.relation,
        through,
        edge: both(first as GraphEdge, edge),
      });
  }
  const scene = finished(items, [...pairs.values()], drawn.hidden);
  return choice.crowds ? finished(...crowded(scene, choice.opened), drawn.hidden) : scene;
}

/** both is a link over a shared value: as strong as its weaker half. */
function both(a: GraphEdge, b: GraphEdge): GraphEdge {
  const weaker = (a.bits ?? 0) < (b.bits ?? 0) && (a.bits ?? 0) > 0 ? a : b;
  return { ...weaker, inferred: Boolean(a.inferred) || Boolean(b.inferred), weak: Boolean(a.weak) && Boolean(b.weak) };
}

function nearer(graph: CaseGraph, a: number, b: number): number {
  const [x, y] = [graph.nodes[a] as GraphNode, graph.nodes[b] as GraphNode];
  return x.hop - y.hop || (y.confidence ?? 0) - (x.confidence ?? 0) || a - b;
}

interface Drawn {
  nodes: number[];
  edges: GraphEdge[];
  folded: { value: number; edges: GraphEdge[] }[];
  hidden: number;
}

/** chosen picks the nodes and edges that are in view. */
function chosen(graph: CaseGraph, choice: Choice): Drawn {
  let hidden = 0;
  const shown = new Set<number>();
  graph.nodes.forEach((node, i) => {
    const judged = node.role === 'finding' || (node.role === 'rejected' && node.verdict !== undefined);
    if (node.role !== 'seed' && !(judged && choice.inView.has(nameOf(node)))) return;
    if (choice.hidden.has(node.id)) hidden++;
    else shown.add(i);
  });
  const edges = graph.edges.filter(
    (e) => !choice.families.has(e.family) && (choice.pivots || e.rejected === undefined || shown.has(e.to)),
  );
  const holders = new Map<number, GraphEdge[]>(); // of values that are no findings
  for (const edge of edges) {
    if (!shown.has(edge.from) || shown.has(edge.to)) continue;
    const list = holders.get(edge.to);
    if (list) list.push(edge);
    else holders.set(edge.to, [edge]);
  }
  const folded: Drawn['folded'] = [];
  for (const [value, list] of holders) {
    const node = graph.nodes[value] as GraphNode;
    const wanted =
      node.role === 'attribute' || (node.role === 'rejected' && node.verdict === undefined && choice.pivots);
    if (!wanted) continue; // a finding that is out of view
    const refused = node.role === 'rejected';
    if (list.length < 2 && !choice.alone && !refused) continue;
    if (choice.hidden.has(node.id)) hidden++;
    else if (choice.folds(node.id) && !refused && list.length > 1) folded.push({ value, edges: list });
    else shown.add(value);
  }
  return {
    nodes: [...shown].sort((a, b) => a - b),
    edges: edges.filter((e) => shown.has(e.from) && shown.has(e.to)),
    folded,
    hidden,
  };
}

/** finished fills in what depends on all lines. */
export function finished(items: Item[], lines: Line[], hidden: number): Scene {
  const at = new Map<string, number>();
  items.forEach((item, i) => {
    at.set(item.key, i);
    for (const node of item.members) at.set(nameOf(node), i);
  });
  const lines_of: number[][] = items.map(() => []);
  lines.forEach((line, i) => {
    line.links.sort((a, b) => (b.edge.bits ?? 0) - (a.edge.bits ?? 0));
    line.bits = Math.max(...line.links.slice(0, 1).map((l) => l.edge.bits ?? 0), 0);
    line.rejected = line.links.every((l) => l.edge.rejected !== undefined);
    line.dashed = line.links.every((l) => l.edge.inferred || l.edge.weak || l.edge.rejected !== undefined);
    for (const { edge } of line.links) {
      const [first, last] = [ms(edge.first ?? edge.last), ms(edge.last ?? edge.first)];
      if (Number.isNaN(first)) continue;
      line.first = Number.isNaN(line.first) ? first : Math.min(line.first, first);
      line.last = Number.isNaN(line.last) ? last : Math.max(line.last, last);
    }
    lines_of[line.from]?.push(i);
    lines_of[line.to]?.push(i);
  });
  return { items, lines, at, lines_of, hidden };
}

/** otherEnd is the item at the other end of a line. */
export const otherEnd = (line: Line, item: number): number => (line.from === item ? line.to : line.from);

/** neighbours of an item, with the line to each, strongest first. */
export function neighbours(scene: Scene, item: number): { item: number; line: Line }[] {
  return (scene.lines_of[item] ?? [])
    .map((l) => scene.lines[l] as Line)
    .map((line) => ({ item: otherEnd(line, item), line }))
    .sort((a, b) => b.line.bits - a.line.bits || a.item - b.item);
}

/** briefly is a value in a few characters, for a label; it is not yet defanged. */
export function briefly(node: GraphNode): string {
  if (/^(T1)?[0-9a-f]{32,}$/i.test(node.value)) return node.value.slice(0, 10) + '…';
  return node.value.length <= 34 ? node.value : shortened(node.value, 200).slice(0, 33) + '…';
}
