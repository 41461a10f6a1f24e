/** Whether a run or hunt has not ended: a worker has it, or it waits for one. */
export const underWay = (it: { state: string } | undefined): boolean =>
  it?.state === 'running' || it?.state === 'queued';
