// The keyboard map. A view offers keys while it is shown; `?` lists them all.

import { untrack } from 'svelte';

export interface Key {
  keys: string; // as typed: "j", "?", "g c" (one after the other)
  does: string; // for the list
  act: () => void;
}

let offered = $state.raw<Key[]>([]);
let before = ''; // first key of a pair
let forget: ReturnType<typeof setTimeout> | undefined;

export const keyboard = {
  get offered(): Key[] {
    return offered;
  },
};

/** offer makes keys work until the answer is called: `$effect(() => offer([...]))`. */
export function offer(keys: Key[]): () => void {
  // An effect that offers must not run again because the offer changed.
  offered = [...untrack(() => offered), ...keys];
  return () => {
    offered = untrack(() => offered).filter((key) => !keys.includes(key));
  };
}

/** listen hears the keys of the whole page. */
export function listen(): () => void {
  const hear = (event: KeyboardEvent): void => {
    if (event.ctrlKey || event.metaKey || event.altKey || event.defaultPrevented || typing(event.target)) return;
    const typed = before ? `${before} ${event.key}` : event.key;
    const hit = offered.findLast((key) => key.keys === typed) ?? offered.findLast((key) => key.keys === event.key);
    clearTimeout(forget);
    before = '';
    if (hit) {
      event.preventDefault();
      hit.act();
    } else if (offered.some((key) => key.keys.startsWith(event.key + ' '))) {
      before = event.key;
      forget = setTimeout(() => (before = ''), 1500);
    }
  };
  addEventListener('keydown', hear);
  return () => {
    removeEventListener('keydown', hear);
  };
}

function typing(target: EventTarget | null): boolean {
  return (
    target instanceof HTMLElement && target.closest('input, textarea, select, dialog[open], [contenteditable]') !== null
  );
}
