// Walking by arrow keys: along an edge of the selected item, to the neighbour that
// lies most in the arrow's direction on the screen.
import { neighbours, type Scene } from './scene';

type Seen = (item: number) => { x: number; y: number };

/** toward is the next item, -1 where nothing is. Without a selection it begins at a seed. */
export function toward(scene: Scene, from: number, [dx, dy]: [number, number], at: Seen): number {
  if (from < 0)
    return scene.items.length > 0
      ? Math.max(
          0,
          scene.items.findIndex((i) => i.node.role === 'seed'),
        )
      : -1;
  const near = neighbours(scene, from).map(({ item }) => item);
  // What has no edges leads on to whatever is there.
  const all = near.length > 0 ? near : scene.items.map((_, i) => i).filter((i) => i !== from);
  const here = at(from);
  let [best, most] = [-1, 0.05];
  for (const item of all) {
    const { x, y } = at(item);
    const far = Math.hypot(x - here.x, y - here.y) || 1;
    const along = ((x - here.x) * dx + (y - here.y) * dy) / far; // the cosine
    const score = along - far / 20_000; // of two in one direction the nearer
    if (along > 0.05 && score > most) [best, most] = [item, score];
  }
  return best;
}
