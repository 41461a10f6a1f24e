// The address holds the view: what is after # is a path and a query, so that a
// link, a reload and the back button show what was shown.
import { SvelteURLSearchParams } from 'svelte/reactivity';

interface Place {
  path: string[];
  query: URLSearchParams;
}

function placeOf(address: string): Place {
  const [path = '', query = ''] = address.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new SvelteURLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let place = $state.raw(placeOf(location.hash));
addEventListener('hashchange', () => {
  clearTimeout(waiting);
  place = placeOf(location.hash);
});

export const route = {
  get path(): string[] {
    return place.path;
  },
  get query(): URLSearchParams {
    return place.query;
  },
};

/** A Param is what one key of the query says. It changes with that key alone: what
 * follows from it is not made anew because something else was selected. */
export class Param<T> {
  private readonly key: string;
  private readonly read: (text: string | null) => T;
  private readonly text: string | null;
  readonly value: T;

  constructor(key: string, read: (text: string | null) => T) {
    this.key = key;
    this.read = read;
    this.text = $derived(route.query.get(this.key));
    this.value = $derived(this.read(this.text));
  }
}

/** listOf reads a list with commas; what is not there is empty. */
export const listOf = (text: string | null): string[] => (text ?? '').split(',').filter(Boolean);

/** link is the address of a view, for href. */
export function link(path: string[], query: Record<string, string> = {}): string {
  const params = Object.entries(query)
    .filter(([, value]) => value !== '')
    .map((pair) => pair.map(encodeURIComponent).join('='))
    .join('&');
  return '#/' + path.map(encodeURIComponent).join('/') + (params ? '?' + params : '');
}

/** go shows another view. */
export function go(path: string[], query: Record<string, string> = {}): void {
  clearTimeout(waiting);
  location.hash = link(path, query);
}

// Browsers refuse an address that changes more often than some ten times a
// second, as it would while a key is held down: the view is ahead of it then.
const pause = 100; // milliseconds
let waiting: ReturnType<typeof setTimeout> | undefined;
let written = 0;

/** remember changes the query of this view; "" takes a key out. The back button skips it. */
export function remember(changes: Record<string, string>): void {
  const now = Object.fromEntries(place.query);
  const to = link(place.path, { ...now, ...changes });
  if (to === link(place.path, now)) return;
  place = placeOf(to);
  clearTimeout(waiting);
  waiting = setTimeout(
    () => {
      written = performance.now();
      history.replaceState(null, '', to);
    },
    Math.max(0, written + pause - performance.now()),
  );
}
