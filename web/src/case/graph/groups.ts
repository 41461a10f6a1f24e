// What belongs together, by what the case says of it.
import { defanged } from '../../text/defang';
import { briefly, type CaseGraph, type Line, type Scene } from './scene';

export const groupings = ['none', 'together', 'registrar', 'network', 'kind', 'hop'] as const;
export type Grouping = (typeof groupings)[number];

export const groupingNames: Record<Grouping, string> = {
  none: 'no groups',
  together: 'likely operator',
  registrar: 'registrar',
  network: 'network (AS)',
  kind: 'kind',
  hop: 'hop',
};

export interface Groups {
  of: Int32Array; // group of each item, -1 for none
  names: string[];
}

export function groupsOf(scene: Scene, graph: CaseGraph, by: Grouping): Groups {
  const names: string[] = [];
  const of = new Int32Array(scene.items.length).fill(-1);
  const known = new Map<string, number>();
  const put = (item: number, name: string | undefined): void => {
    if (name === undefined) return;
    let group = known.get(name);
    if (group === undefined) {
      group = names.push(name) - 1;
      known.set(name, group);
    }
    of[item] = group;
  };
  if (by === 'none') return { of, names };
  if (by === 'together') {
    const { label, name } = together(scene);
    scene.items.forEach((_, i) => {
      put(i, name.get(label[i] as number));
    });
    return { of, names };
  }
  const told = by === 'registrar' || by === 'network' ? toldBy(graph, by) : new Map<string, string>();
  scene.items.forEach(({ node }, i) => {
    if (by === 'kind') put(i, node.kind);
    else if (by === 'hop') put(i, node.hop === 0 && node.role === 'seed' ? 'seed' : `hop ${String(node.hop)}`);
    else put(i, told.get(node.id));
  });
  return { of, names };
}

const tells: Partial<Record<Grouping, string[]>> = {
  registrar: ['registrar', 'created'],
  network: ['announced-by'],
};

/** toldBy is the registrar or the network of each value, as edges say it; a name has the network of its address. */
function toldBy(graph: CaseGraph, by: Grouping): Map<string, string> {
  const relations = tells[by] ?? [];
  const told = new Map<string, string>();
  for (const edge of graph.edges) {
    const [from, to] = [graph.nodes[edge.from], graph.nodes[edge.to]];
    if (!from || !to || !relations.includes(edge.relation) || told.has(from.id)) continue;
    // "created" shares registrar and minute.
    const name = edge.relation === 'created' ? to.value.split('|')[0] : to.value;
    if (name) told.set(from.id, defanged(to.kind, name));
  }
  if (by === 'network') {
    for (const edge of graph.edges) {
      const [from, to] = [graph.nodes[edge.from], graph.nodes[edge.to]];
      const network = to && told.get(to.id);
      if (from && network && edge.relation === 'resolves-to' && !told.has(from.id)) told.set(from.id, network);
    }
  }
  return told;
}

const rounds = 12;
const enough = 3; // bits: under it a link is no reason of its own (score.FamilyBits)

/**
 * together finds who likely is one operator: labels spread along links with
 * evidence, the strongest sum wins (label propagation, Raghavan and others, 2007;
 * in the order of the document, so that it ends the same way each time).
 */
function together(scene: Scene): { label: Int32Array; name: Map<number, string> } {
  const label = Int32Array.from(scene.items, (_, i) => i);
  const weight = (line: Line): number => {
    // A value that everybody shares joins nobody: its bits are shared out.
    const crowd = Math.max((scene.lines_of[line.to] ?? []).length, (scene.lines_of[line.from] ?? []).length);
    return line.dashed || line.bits < enough ? 0 : line.bits / Math.sqrt(crowd);
  };
  for (let round = 0; round < rounds; round++) {
    let changed = false;
    for (let i = 0; i < label.length; i++) {
      const sums = new Map<number, number>();
      for (const l of scene.lines_of[i] ?? []) {
        const line = scene.lines[l] as Line;
        const other = label[line.from === i ? line.to : line.from] as number;
        sums.set(other, (sums.get(other) ?? 0) + weight(line));
      }
      let best = label[i] as number;
      let most = sums.get(best) ?? 0;
      for (const [other, sum] of sums)
        if (sum > most + 1e-9 || (sum === most && sum > 0 && other < best)) [best, most] = [other, sum];
      if (best !== label[i]) {
        label[i] = best;
        changed = true;
      }
    }
    if (!changed) break;
  }
  return { label, name: namesOf(scene, label) };
}

/** namesOf calls each set of three or more by the value that joins most of it. */
function namesOf(scene: Scene, label: Int32Array): Map<number, string> {
  const members = new Map<number, number[]>();
  label.forEach((l, i) => members.set(l, [...(members.get(l) ?? []), i]));
  const names = new Map<number, string>();
  for (const [l, items] of members) {
    if (items.length < 3) continue;
    const middle = items.reduce((a, b) =>
      (scene.lines_of[b] ?? []).length > (scene.lines_of[a] ?? []).length ? b : a,
    );
    const { node } = scene.items[middle] as Scene['items'][number];
    names.set(l, `by ${node.kind} ${defanged(node.kind, briefly(node))}`);
  }
  return names;
}
