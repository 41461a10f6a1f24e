/** Traffic Light Protocol 2.0, the strictest first: who may be told. */
export const tlps = ['RED', 'AMBER+STRICT', 'AMBER', 'GREEN', 'CLEAR'] as const;
