// How the graph is looked at: all of it in the address, so that a link shows
// the same picture.
import { Param, remember, route } from '../../shell/route.svelte';
import { brief, flipped, pinned, readPins, readSpan, setOf, type Pin } from './address';
import { groupings, type Grouping } from './groups';
import { layouts, type LayoutName } from './layout/layout';

const read = (key: string): string | null => route.query.get(key);

export class GraphView {
  private readonly params = {
    flipped: new Param('flip', setOf),
    opened: new Param('open', setOf),
    hidden: new Param('hide', setOf),
    families: new Param('off', setOf),
    pins: new Param('pin', readPins),
    span: new Param('t', readSpan),
  };
  readonly layout: LayoutName = $derived(layouts.find((l) => l === read('lay')) ?? 'force');
  readonly group: Grouping = $derived(groupings.find((g) => g === read('group')) ?? 'none');
  readonly foldAll = $derived(read('fold') === 'all');
  readonly flipped = $derived(this.params.flipped.value); // shared values folded the other way
  readonly crowds = $derived(read('crowds') !== '0');
  readonly opened = $derived(this.params.opened.value); // crowds shown one by one
  readonly hidden = $derived(this.params.hidden.value);
  readonly families = $derived(this.params.families.value);
  readonly pivots = $derived(read('pivots') === '1');
  readonly alone = $derived(read('alone') === '1');
  readonly pins = $derived(this.params.pins.value);
  readonly path = $derived(read('path') ?? ''); // where a path begins: its other end is selected
  readonly span = $derived(this.params.span.value);

  set(changes: Record<string, string>): void {
    remember(changes);
  }

  /** fold draws a shared value as edges, or as a node again. */
  fold(id: string): void {
    remember({ flip: flipped(this.flipped, brief(id)) });
  }

  foldEvery(all: boolean): void {
    remember({ fold: all ? 'all' : '', flip: '' });
  }

  folds = (id: string): boolean => this.foldAll !== this.flipped.has(brief(id));

  openCrowd(key: string): void {
    remember({ open: flipped(this.opened, brief(key)) });
  }

  hide(ids: string[]): void {
    remember({ hide: [...this.hidden, ...ids.map(brief)].join(','), sel: '' });
  }

  family(name: string): void {
    remember({ off: flipped(this.families, name) });
  }

  /** pin keeps an item where it was dragged to. */
  pin(key: string, place: Pin | undefined): void {
    remember({ pin: pinned(this.pins, brief(key), place) });
  }
}
