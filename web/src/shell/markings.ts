/** Traffic Light Protocol 2.0, the strictest first: who may be told. */
export const tlps = ['RED', 'AMBER+STRICT', 'AMBER', 'GREEN', 'CLEAR'] as const;

/** Permissible Actions Protocol: what a lookup may show, and to whom. */
export const paps = [
  ['RED', 'RED: nothing leaves this machine'],
  ['AMBER', 'AMBER: passive sources only'],
  ['GREEN', 'GREEN: the target may notice'],
  ['CLEAR', 'CLEAR: no limit'],
] as const;
