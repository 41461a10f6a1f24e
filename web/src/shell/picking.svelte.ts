// Which row of a list is under the keyboard, and which rows are marked for what
// is done to many at once.
import { SvelteSet } from 'svelte/reactivity';

import type { Key } from './keys.svelte';

interface Options<T> {
  rows: () => T[]; // in view, in order
  name: (row: T) => string;
  selected: () => string; // name of the selected row, as the address has it
  select: (name: string) => void;
}

export class Picking<T> {
  private readonly chosen = new SvelteSet<string>();
  private last = -1; // the row marked last, from where Shift marks on

  // Made anew when the rows change, and only read: it need not be reactive itself.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  private readonly places = $derived.by(() => new Map(this.its.rows().map((row, i) => [this.its.name(row), i])));
  /** The place of the selected row, -1 when it is not in view. */
  readonly at = $derived.by(() => this.places.get(this.its.selected()) ?? -1);
  /** What is marked and no longer in view is left out: it would be judged unseen. */
  readonly marked: ReadonlySet<string> = $derived.by(
    // eslint-disable-next-line svelte/prefer-svelte-reactivity -- as above
    () => new Set([...this.chosen].filter((name) => this.places.has(name))),
  );
  /** What an order is about: all that is marked, else the selected one. */
  readonly meant = $derived.by(() => {
    const rows = this.its.rows();
    if (this.marked.size > 0) return rows.filter((row) => this.marked.has(this.its.name(row)));
    return rows.slice(Math.max(this.at, 0), this.at + 1);
  });

  constructor(private readonly its: Options<T>) {}

  select(to: number): void {
    const rows = this.its.rows();
    const row = rows[Math.max(0, Math.min(to, rows.length - 1))];
    if (row !== undefined) this.its.select(this.its.name(row));
  }

  /** mark turns the mark of a row, and with `through` of all since the last. */
  mark(to: number, through = false): void {
    const rows = this.its.rows();
    const row = rows[to];
    if (row === undefined) return;
    const on = !this.chosen.has(this.its.name(row));
    const from = through && this.last >= 0 ? this.last : to;
    for (const one of rows.slice(Math.min(from, to), Math.max(from, to) + 1)) {
      if (on) this.chosen.add(this.its.name(one));
      else this.chosen.delete(this.its.name(one));
    }
    this.last = to;
  }

  markAll(): void {
    const rows = this.its.rows();
    const all = this.marked.size >= rows.length;
    this.chosen.clear();
    if (!all) for (const row of rows) this.chosen.add(this.its.name(row));
  }

  clear(): void {
    this.chosen.clear();
  }

  /** keys moves and marks from anywhere in the view. */
  keys(one: string): Key[] {
    return [
      {
        keys: 'j',
        does: `next ${one}`,
        act: () => {
          this.select(this.at + 1);
        },
      },
      {
        keys: 'k',
        does: `${one} before`,
        act: () => {
          this.select(this.at - 1);
        },
      },
      {
        keys: 'x',
        does: `mark the selected ${one}, or unmark it`,
        act: () => {
          this.mark(this.at);
        },
      },
    ];
  }
}
