// Files from the server. They are fetched rather than linked to, so that a
// refusal (a marking, a missing Chromium) is said instead of saved as a file.
import { Problem } from './client';

async function ask(path: string): Promise<Response> {
  let answer: Response;
  try {
    answer = await fetch(path);
  } catch {
    throw new Problem(0, 'clew does not answer: is `clew serve` still running?');
  }
  if (!answer.ok) {
    const problem = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Problem(answer.status, problem.detail ?? `The server answered ${String(answer.status)}.`);
  }
  return answer;
}

/** save keeps a file of the server under the name that the server gives it. */
export async function save(path: string): Promise<string> {
  const answer = await ask(path);
  const [, name = 'clew-download'] =
    /filename="?([^";]+)"?/.exec(answer.headers.get('Content-Disposition') ?? '') ?? [];
  const url = URL.createObjectURL(await answer.blob());
  const anchor = document.createElement('a');
  anchor.href = url;
  anchor.download = name;
  anchor.click();
  setTimeout(() => {
    URL.revokeObjectURL(url);
  }, 60_000);
  return name;
}

/** beginning is the text of a file, as much of it as anybody reads on a screen. */
export async function beginning(path: string, most: number): Promise<{ text: string; whole: boolean }> {
  const answer = await ask(path);
  const reader = answer.body?.getReader();
  if (!reader) return { text: '', whole: true };
  const decoder = new TextDecoder();
  let text = '';
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return { text: text + decoder.decode(), whole: true };
    text += decoder.decode(value, { stream: true });
    if (text.length > most) {
      await reader.cancel();
      return { text: text.slice(0, most), whole: false };
    }
  }
}

/** query writes parameters; a list becomes one value with commas, as the API reads it. */
export function query(params: Record<string, string | string[] | number | boolean | undefined>): string {
  const pairs = Object.entries(params)
    .filter(([, value]) => value !== undefined && value !== '' && value !== false && String(value) !== '')
    .map(([name, value]) => `${encodeURIComponent(name)}=${encodeURIComponent(String(value))}`);
  return pairs.length > 0 ? '?' + pairs.join('&') : '';
}
