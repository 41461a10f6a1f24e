// What the roles are, the least first: each may do what the one before may.
export const roles = ['viewer', 'analyst', 'approver', 'admin'] as const;

export const roleWords: Record<(typeof roles)[number], string> = {
  viewer: 'sees cases',
  analyst: 'asks, judges, notes, imports, hunts, proposes',
  approver: 'decides what is blocked, and what counts in every case',
  admin: 'sees to users, access and the machine',
};
