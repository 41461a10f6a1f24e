/** indicator is a value as clew reads it back, whatever its kind: a name under a
 * top-level domain that does not exist, or free text, cannot be told by its form. */
export const indicator = (v: { kind: string; value: string }): string => `${v.kind}:${v.value}`;
