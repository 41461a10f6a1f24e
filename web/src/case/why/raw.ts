// A raw answer, page by page. It is outside text: it is shown, never interpreted.
import { fenced, visible } from '../../text/defang';

export const pageSize = 32 * 1024; // bytes of a page

export interface Page {
  text: string;
  offset: number; // of the page
  total: number; // bytes of the whole answer
}

const isMiddle = (byte: number | undefined): boolean => byte !== undefined && (byte & 0xc0) === 0x80;

/** whole cuts bytes so that no UTF-8 character is torn: what begins before `limit`
 * belongs to this page, what began before its start to the page before. */
export function whole(bytes: Uint8Array, limit: number, first: boolean): Uint8Array {
  let from = 0;
  while (!first && from < 3 && isMiddle(bytes[from])) from++;
  let to = Math.min(limit, bytes.length);
  while (to < bytes.length && to < limit + 3 && isMiddle(bytes[to])) to++;
  return bytes.subarray(from, to);
}

/** fetchPage reads one page of an answer of a case. */
export async function fetchPage(id: string, digest: string, offset: number): Promise<Page> {
  const answer = await fetch(
    `/api/v1/cases/${encodeURIComponent(id)}/evidence/${encodeURIComponent(digest)}?offset=${String(offset)}&limit=${String(pageSize + 3)}`,
  );
  if (!answer.ok) {
    const { detail } = (await answer.json().catch(() => ({}))) as { detail?: string };
    throw new Error(detail ?? `The server answered ${String(answer.status)}.`);
  }
  const bytes = new Uint8Array(await answer.arrayBuffer());
  return {
    text: new TextDecoder('utf-8').decode(whole(bytes, pageSize, offset === 0)),
    offset,
    total: Number(answer.headers.get('X-Total-Size') ?? bytes.length),
  };
}

/** inert is text line by line, every character visible, nothing of it an address. */
export const inert = (text: string): string =>
  text
    .split(/\r?\n/)
    .map((line) => fenced(visible(line.replaceAll('\t', '  '))))
    .join('\n');
