// Files to the server, as they are.
import { Problem, type Schemas } from './client';

/** upload sends a file as the body of a request, and gives the answer. */
export async function upload<T extends keyof Schemas>(
  path: string,
  file: File,
  headers: Record<string, string> = {},
): Promise<Schemas[T]> {
  let answer: Response;
  try {
    answer = await fetch(path, {
      method: 'POST',
      headers: { 'Content-Type': 'application/octet-stream', ...headers },
      body: file,
    });
  } catch {
    throw new Problem(0, 'The file did not arrive: is `clew serve` still running?');
  }
  const said = (await answer.json().catch(() => ({}))) as Schemas[T] & { detail?: string };
  if (!answer.ok) throw new Problem(answer.status, said.detail ?? `The server answered ${String(answer.status)}.`);
  return said;
}
