// One layout at a time: a newer question ends the older one.
import { buffers, type Flat } from './flat';
import { byHop, byTime, type Axis } from './ordered';
import type { Ask, Told } from './worker';

export const layouts = ['force', 'hops', 'time'] as const;
export type LayoutName = (typeof layouts)[number];

type Heard = (xy: Float32Array, axis: Axis[], done: boolean) => void;

/** limits of the force layout in ms, by items. */
const limitOf = (items: number): number => (items < 500 ? 2500 : items < 10_000 ? 6000 : 15_000);

export class Layout {
  private worker: Worker | undefined;
  private id = 0;

  /** lay places a scene; force is heard several times, the last with done. */
  lay(name: LayoutName, flat: Flat, heard: Heard): void {
    const id = ++this.id;
    if (name !== 'force') {
      const { xy, axis } = name === 'hops' ? byHop(flat) : byTime(flat);
      for (let i = 0; i < flat.count; i++) if (flat.fixed[i]) xy.set(flat.xy.subarray(i * 2, i * 2 + 2), i * 2);
      heard(xy, axis, true);
      return;
    }
    this.worker ??= new Worker(new URL('./worker.ts', import.meta.url), { type: 'module' });
    this.worker.onmessage = ({ data }: MessageEvent<Told>) => {
      if (data.id === this.id) heard(data.xy, [], data.done);
    };
    this.worker.postMessage({ id, flat, limit: limitOf(flat.count) } satisfies Ask, buffers(flat));
  }

  stop(): void {
    this.id++;
    this.worker?.terminate();
    this.worker = undefined;
  }
}
