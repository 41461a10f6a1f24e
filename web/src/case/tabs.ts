// The views of a case, in the order in which an investigation needs them.
import type { Component } from 'svelte';

import Actions from './actions/Actions.svelte';
import Findings from './findings/Findings.svelte';
import Graph from './graph/Graph.svelte';
import Pivots from './pivots/Pivots.svelte';
import Record from './record/Record.svelte';
import Report from './report/Report.svelte';
import Sightings from './sightings/Sightings.svelte';

export interface Tab {
  name: string; // in the address
  title: string;
  view: Component;
  filtered: boolean; // by band, kind and text, all the same way
}

export const tabs: Tab[] = [
  { name: 'findings', title: 'Findings', view: Findings, filtered: true },
  { name: 'graph', title: 'Graph', view: Graph, filtered: true },
  { name: 'pivots', title: 'Pivots', view: Pivots, filtered: false },
  { name: 'sightings', title: 'Sightings', view: Sightings, filtered: false },
  { name: 'actions', title: 'Actions', view: Actions, filtered: false },
  { name: 'record', title: 'Record', view: Record, filtered: false },
  { name: 'report', title: 'Report', view: Report, filtered: false },
];
