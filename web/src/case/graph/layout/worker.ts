// The force layout beside the page, so that the page stays quick.
import type { Flat } from './flat';
import { force } from './force';

export interface Ask {
  id: number;
  flat: Flat;
  limit: number; // ms
}
export interface Told {
  id: number;
  xy: Float32Array;
  done: boolean;
}

let current = 0;

addEventListener('message', (event: MessageEvent<Ask>) => {
  const { id, flat, limit } = event.data;
  current = id;
  const steps = force(flat, limit, () => performance.now());
  let last: Float32Array | undefined;
  const go = (): void => {
    if (current !== id) return; // a newer scene came
    const step = steps.next();
    if (step.done) {
      if (last) postMessage({ id, xy: last, done: true } satisfies Told);
      return;
    }
    if (last) postMessage({ id, xy: last, done: false } satisfies Told);
    last = step.value;
    setTimeout(go); // so that a newer question is heard
  };
  go();
});
