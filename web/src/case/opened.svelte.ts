// The case that is open: its document, kept fresh while anybody works on it, and
// what of it is shown. Table and graph read the same set from here, so they
// cannot disagree; the address holds the choice.
import { getContext, setContext } from 'svelte';

import { api, Problem, said, textOf, type Case, type Finding, type Run, type Schemas } from '../api/client';
import { follow } from '../api/events';
import { allows, visit, whyNot, type Operation } from '../account/visit.svelte';
import { listOf, Param, remember, route } from '../shell/route.svelte';
import { attempt } from '../shell/order.svelte';
import { complain, tell } from '../shell/toasts.svelte';

export const bands = ['high', 'medium', 'low', 'coincidence'] as const;

/** nameOf names a value within the case: kinds hold no blanks. */
export const nameOf = (v: { kind: string; value: string }): string => `${v.kind} ${v.value}`;

const flip = (list: string[], one: string): string[] =>
  list.includes(one) ? list.filter((x) => x !== one) : [...list, one];

/** How many findings are asked for first. */
const firstShown = 500;

/** drawn waits until what was shown is on the screen. A page that nobody sees draws nothing. */
const drawn = (): Promise<void> =>
  new Promise((resolve) => {
    if (document.hidden) resolve();
    else
      requestAnimationFrame(() => {
        setTimeout(resolve); // after the frame
      });
  });

const isGone = (error: unknown): error is Problem => error instanceof Problem && error.status === 404;

const unsought = { state: 'not-checked', sightings: 0 };

export class OpenedCase {
  private turn = 0; // of the last load that was asked for
  private tries = $state(0);
  doc = $state.raw<Case>();
  trouble = $state('');
  run = $state.raw<Run>(); // the investigation under way, if any
  private allowed = $state.raw<Schemas['CaseAllowed']>(); // to who looks

  readonly selected = $derived(route.query.get('sel') ?? '');
  /** Bands, kinds, verdicts that the address leaves out of view. Coincidences are on demand. */
  private readonly params = {
    bands: new Param('bands', (text) => listOf(text ?? 'high,medium,low')),
    without: new Param('without', listOf),
  };
  readonly shownBands = $derived(this.params.bands.value);
  readonly hiddenKinds = $derived(this.params.without.value);
  readonly rejectedToo = $derived(route.query.get('rejected') === '1');
  readonly text = $derived((route.query.get('q') ?? '').toLowerCase());

  /** The findings in view, as the document orders them. */
  readonly findings = $derived((this.doc?.findings ?? []).filter((finding) => this.inView(finding)));
  // Made anew with the document, and only read: it need not be reactive itself.
  // eslint-disable-next-line svelte/prefer-svelte-reactivity
  private readonly named = $derived(new Map((this.doc?.findings ?? []).map((f) => [nameOf(f), f])));
  readonly finding = $derived(this.named.get(this.selected));

  constructor(readonly id: string) {}

  inView(finding: Finding): boolean {
    return (
      // What was rejected became a coincidence by that: it is shown by its verdict.
      (finding.verdict === 'rejected' ? this.rejectedToo : this.shownBands.includes(finding.band)) &&
      !this.hiddenKinds.includes(finding.kind) &&
      (this.text === '' || finding.value.toLowerCase().includes(this.text))
    );
  }

  select(name: string): void {
    remember({ sel: name });
  }

  show(changes: { bands?: string[]; without?: string[]; rejected?: boolean; q?: string }): void {
    const query: Record<string, string> = {};
    // Every band off is a choice too, which an absent key would not say.
    if (changes.bands) query['bands'] = changes.bands.join(',') || 'none';
    if (changes.without) query['without'] = changes.without.join(',');
    if (changes.rejected !== undefined) query['rejected'] = changes.rejected ? '1' : '';
    if (changes.q !== undefined) query['q'] = changes.q;
    remember(query);
  }

  /** flipBand and flipKind take a band or a kind out of view, or into it. */
  flipBand(band: string): void {
    this.show({
      bands: flip(
        this.shownBands.filter((b) => b !== 'none'),
        band,
      ),
    });
  }
  flipKind(kind: string): void {
    this.show({ without: flip(this.hiddenKinds, kind) });
  }

  /** whyNot says why something about the case is not for who looks, "" when it is. */
  whyNot(what: Operation): string {
    const role = whyNot(what);
    if (role || !visit.now?.accounts) return role;
    if (!this.allowed) return 'whether you may is being asked';
    return allows(this.allowed, what) ? '' : 'you see this case, and its owner did not let you change it';
  }

  /** may reports whether something about the case is offered to who looks. */
  may(what: Operation): boolean {
    return this.whyNot(what) === '';
  }

  /** Why nothing can be changed by who looks, "" when something can. */
  readonly onlySeen = $derived(this.whyNot('note'));

  /** learn asks what who looks may do about the case. */
  async learn(): Promise<void> {
    if (!visit.now?.accounts) return; // whoever has the link may do everything
    await attempt(
      async () => {
        this.allowed = await said(api.GET('/api/v1/cases/{case}/may', { params: { path: { case: this.id } } }));
      },
      (error) => {
        if (!isGone(error)) complain(error); // that the case is not there is said where it would be
      },
    );
  }

  /** live loads the case, and again with each change, whoever made it, until the answer is called. */
  live(): () => void {
    void this.tries;
    void this.load();
    void this.learn();
    let head = '';
    return follow(`/api/v1/cases/${encodeURIComponent(this.id)}/events`, {
      head: (now: { head: string }) => {
        if (now.head !== head && head !== '') void this.load();
        if (head !== '') void this.learn(); // who sees it changes without a line in its record
        head = now.head;
      },
      gone: (why: { reason: string }) => {
        this.close(why.reason);
      },
    });
  }

  /** again follows a case anew that could not be read. */
  again(): void {
    this.tries++;
  }

  /** close takes a case off the screen that is no longer shown to who looks. */
  private close(reason: string): void {
    this.turn++;
    this.doc = undefined;
    this.trouble = reason;
  }

  async load(): Promise<void> {
    const turn = ++this.turn;
    const show = (doc: Case): void => {
      if (turn === this.turn) this.doc = doc; // else one that was asked for later is on its way
    };
    try {
      // Of a large case the surest are shown while the others are on their way.
      const first = await this.brief(turn === 1 ? firstShown : undefined);
      show(first);
      if (first.findings.length < first.total) {
        await drawn(); // or they would wait for the work on the rest
        show(await this.brief());
      }
      this.trouble = '';
    } catch (error) {
      if (isGone(error)) this.close(error.message);
      else this.trouble = textOf(error);
    }
  }

  private async brief(limit?: number): Promise<Case> {
    const brief = await said(
      api.GET('/api/v1/cases/{case}/brief', { params: { path: { case: this.id }, query: limit ? { limit } : {} } }),
    );
    // In place: there may be a hundred thousand.
    const findings = brief.findings as unknown as Finding[];
    brief.findings.forEach(({ action, validation }, i) => {
      const finding = findings[i] as Finding;
      finding.action = brief.actions[action] as Schemas['Action'];
      finding.validation = validation ?? unsought;
    });
    return { ...brief, findings };
  }

  /** explain asks what a finding hangs on and what would change it. */
  explain({ kind, value }: Finding): Promise<Schemas['AuditExplanation']> {
    return said(
      api.GET('/api/v1/cases/{case}/finding', {
        params: { path: { case: this.id }, query: { indicator: value, kind } },
      }),
    );
  }

  /** judge records the analyst's verdict on findings, or on a value as a link.
   * `goOn` hears how many are recorded, and stops it with false. */
  async judge(
    verdict: 'accepted' | 'rejected',
    indicators: string[],
    reason: string,
    relation = '',
    everywhere = false,
    goOn: (recorded: number) => boolean = () => true,
  ): Promise<boolean> {
    const one = (indicator: string): Promise<Schemas['Event']> =>
      said(
        api.POST('/api/v1/cases/{case}/verdicts', {
          params: { path: { case: this.id } },
          body: {
            verdict,
            indicator,
            reason,
            ...(relation ? { relation } : {}),
            ...(everywhere ? { everywhere } : {}),
          },
        }),
      );
    return this.write(verdict === 'accepted' ? 'Accepted.' : 'Rejected.', async () => {
      const seqs: number[] = [];
      for (const indicator of indicators) {
        seqs.push((await one(indicator)).seq);
        if (!goOn(seqs.length)) break;
      }
      return seqs;
    });
  }

  /** undo takes back an event: a verdict, a note, tags, an expansion, another undoing. */
  async undo(seq: number, reason = ''): Promise<boolean> {
    return this.write(`Event ${String(seq)} is taken back.`, () => this.takeBack(seq, reason));
  }

  private takeBack(seq: number, reason = ''): Promise<Schemas['Event']> {
    return said(
      api.POST('/api/v1/cases/{case}/undo', {
        params: { path: { case: this.id } },
        body: { seq, ...(reason ? { reason } : {}) },
      }),
    );
  }

  /** tag puts tags on values and takes others off; on the case where none is named. */
  async tag(about: { kind: string; value: string }[], add: string[], remove: string[]): Promise<boolean> {
    const targets = about.length > 0 ? about.map((v) => `${v.kind}:${v.value}`) : [''];
    return this.write(add.length > 0 ? `Tagged ${add.join(', ')}.` : 'Tag taken off.', async () => {
      const seqs: number[] = [];
      for (const target of targets) {
        const { seq } = await said(
          api.POST('/api/v1/cases/{case}/tags', {
            params: { path: { case: this.id } },
            body: {
              ...(add.length > 0 ? { add } : {}),
              ...(remove.length > 0 ? { remove } : {}),
              ...(target ? { about: target } : {}),
            },
          }),
        );
        seqs.push(seq);
      }
      return seqs;
    });
  }

  /** Every tag in use in this case, for whoever writes one. */
  readonly knownTags = $derived(
    [this.doc?.case, ...(this.doc?.findings ?? []), ...(this.doc?.seeds ?? [])]
      .flatMap((one) => one?.tags ?? [])
      .filter((tag, i, all) => all.indexOf(tag) === i)
      .sort(),
  );

  /** write does one change and says how it went; the stream brings what came of it.
   * A change that gives the numbers of its events can be taken back at once. */
  async write(done: string, change: () => Promise<unknown>): Promise<boolean> {
    const worked = await attempt(async () => {
      const seqs = await change();
      tell(done, Array.isArray(seqs) && seqs.length > 0 ? () => void this.takeBackAll(seqs as number[]) : undefined);
    });
    await this.load();
    return worked;
  }

  private async takeBackAll(seqs: number[]): Promise<void> {
    await this.write(seqs.length > 1 ? `Took back ${String(seqs.length)} events.` : 'Taken back.', async () => {
      for (const seq of seqs.toReversed()) await this.takeBack(seq);
    });
  }
}

const key = Symbol('case');

export function open(id: string): OpenedCase {
  return setContext(key, new OpenedCase(id));
}

/** opened is the case around a component. */
export function opened(): OpenedCase {
  return getContext<OpenedCase>(key);
}
