// What of a scene holds a text, defanged or not.
import { defanged } from '../../text/defang';
import type { Scene } from './scene';

/** foundIn is undefined when nothing is searched for. */
export function foundIn(scene: Scene, text: string): ReadonlySet<number> | undefined {
  const wanted = text.trim().toLowerCase().replaceAll('[', '').replaceAll(']', '').replace(/^hxxp/, 'http');
  if (wanted === '') return undefined;
  const found = new Set<number>();
  scene.items.forEach((item, i) => {
    if (item.members.some((m) => m.value.toLowerCase().includes(wanted) || m.kind === wanted)) found.add(i);
    else if (defanged(item.node.kind, item.node.value.slice(0, 200)).toLowerCase().includes(wanted)) found.add(i);
  });
  return found;
}
