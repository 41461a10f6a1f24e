/** Whether a run or hunt has not ended: a worker has it, or it waits for one. */
import { visible } from '../text/defang';

export const underWay = (it: { state: string } | undefined): boolean =>
  it?.state === 'running' || it?.state === 'queued';

/** takenUp says who does a run, where that is worth saying: by a worker of the team,
 * or after another one stopped. */
export function takenUp({ worker, attempt }: { worker: string; attempt: number }): string {
  const by = worker ? `by ${visible(worker)}` : '';
  return attempt > 1 ? `${by}, taken up for the ${String(attempt)}. time` : by;
}
