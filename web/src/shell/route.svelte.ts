// The address holds the view: what is after # is a path and a query, so that a
// link, a reload and the back button show what was shown.
import { SvelteURLSearchParams } from 'svelte/reactivity';

interface Place {
  path: string[];
  query: URLSearchParams;
}

function here(): Place {
  const [path = '', query = ''] = location.hash.replace(/^#\/?/, '').split('?', 2);
  return { path: path.split('/').filter(Boolean).map(decode), query: new SvelteURLSearchParams(query) };
}

function decode(part: string): string {
  try {
    return decodeURIComponent(part);
  } catch {
    return part;
  }
}

let place = $state.raw(here());
addEventListener('hashchange', () => {
  place = here();
});

export const route = {
  get path(): string[] {
    return place.path;
  },
  get query(): URLSearchParams {
    return place.query;
  },
};

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
  location.hash = link(path, query);
}

/** remember changes the query of this view; "" takes a key out. The back button skips it. */
export function remember(changes: Record<string, string>): void {
  const query = { ...Object.fromEntries(place.query), ...changes };
  const to = link(place.path, query);
  if (to === location.hash) return;
  history.replaceState(null, '', to);
  place = here();
}
