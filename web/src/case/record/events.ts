// The events of a record by the name people call them.

export const eventWords: Record<string, string> = {
  opened: 'case opened',
  reopened: 'looked at again',
  closed: 'case closed',
  asked: 'source asked',
  disclosed: 'value disclosed',
  pivoted: 'pivot decided',
  expanded: 'followed by hand',
  'pivot-rejected': 'pivot rejected',
  read: 'corpus read',
  found: 'weighed',
  finished: 'run ended',
  described: 'context gathered',
  accepted: 'accepted',
  rejected: 'rejected',
  noted: 'noted',
  tagged: 'tagged',
  undone: 'taken back',
  sighted: 'own logs searched',
  acted: 'action',
  escalated: 'escalated',
  delivered: 'delivered',
  searched: 'logs searched',
  exported: 'exported',
};

/** What an analyst decided can be taken back; what happened cannot. */
export const undoable = new Set([
  'accepted',
  'rejected',
  'noted',
  'tagged',
  'expanded',
  'pivot-rejected',
  'reopened',
  'closed',
  'undone',
]);
