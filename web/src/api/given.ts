/** given is a request with one field set to what somebody entered; what is empty asks
 * for nothing, and leaves it. */
export function given<T extends object>(request: T, name: keyof T, value: unknown): T {
  const empty = value === '' || value === false || value === undefined || Number.isNaN(value);
  const rest = Object.entries(request).filter(([key]) => key !== name);
  return Object.fromEntries(empty ? rest : [...rest, [name, value]]) as T;
}
