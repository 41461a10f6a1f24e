// The API of this very server, typed from its own description.
import createClient from 'openapi-fetch';

import type { components, paths } from './schema';

export type Schemas = components['schemas'];
/** A case as the page opens it: its findings without their evidence. */
export type Case = Omit<Schemas['Brief'], 'findings' | 'actions'> & { findings: Finding[] };
export type Finding = Omit<Schemas['BriefFinding'], 'action' | 'validation'> & {
  action: Schemas['Action'];
  validation: Schemas['BriefValidation'];
};
/** A finding with its factors and paths. */
export type WholeFinding = Schemas['Finding'];
export type Factor = Schemas['Factor'];
export type Pivot = Schemas['Pivot'];
export type Run = Schemas['Run'];

export const api = createClient<paths>({ baseUrl: '' });

/** What went wrong, in words for the analyst (RFC 9457's detail). */
export class Problem extends Error {
  constructor(
    readonly status: number,
    detail: string,
  ) {
    super(detail);
  }
}

let refused = (): void => undefined;

/** onRefused is told that an answer was refused: the session may have ended, or who
 * asks may do less than the page knows. */
export function onRefused(tell: () => void): void {
  refused = tell;
}

/** wasRefused tells of an answer that did not come by this client. */
export function wasRefused(): void {
  refused();
}

interface Answer<T> {
  data?: T | undefined;
  error?: unknown;
  response: Response;
}

/** said gives the answer of a call, or throws its Problem. */
export async function said<T>(call: Promise<Answer<T>>): Promise<T> {
  let answer: Answer<T>;
  try {
    answer = await call;
  } catch (cause) {
    if (cause instanceof DOMException && cause.name === 'AbortError') throw cause;
    throw new Problem(0, 'clew does not answer: is `clew serve` still running?');
  }
  if (answer.error !== undefined || !answer.response.ok) {
    if (answer.response.status === 401 || answer.response.status === 403) refused();
    throw new Problem(answer.response.status, detailOf(answer.error, answer.response));
  }
  return answer.data as T;
}

function detailOf(error: unknown, response: Response): string {
  if (typeof error === 'object' && error !== null) {
    const { detail, errors } = error as { detail?: string; errors?: { message?: string; location?: string }[] };
    const more = errors?.map((e) => [e.location, e.message].filter(Boolean).join(': ')).join('; ');
    if (detail) return more ? `${detail} (${more})` : detail;
  }
  if (response.status === 401) return 'This page has no token any more: open the link that `clew serve` printed.';
  return `The server answered ${String(response.status)}.`;
}

/** textOf says any error to a person. */
export function textOf(error: unknown): string {
  return error instanceof Error ? error.message : String(error);
}
