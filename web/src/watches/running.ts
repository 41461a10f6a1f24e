// What watches are doing right now: a run of one is a run of its case.
import { api, said, type Run } from '../api/client';
import { underWay } from '../api/underway';

/** runsUnderWay are the runs that have not ended, by their case. */
export async function runsUnderWay(): Promise<Map<string, Run>> {
  const { items } = await said(api.GET('/api/v1/investigations', { params: { query: { limit: 200 } } }));
  return new Map(items.filter((run) => run.case !== '' && underWay(run)).map((run) => [run.case, run]));
}
