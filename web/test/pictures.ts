// Pictures of every view, for people to look at: web/shots/VIEW-WIDTH-COLOURS.png,
// and those that the documentation shows, in docs/. Run: npm run pictures [VIEW… | docs]
import { execFile } from 'node:child_process';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import type { Browser, Page } from 'playwright-core';

import { absent, browser, demo, invited, password, shot, visit, type Person, type Server } from './kit';

const run = promisify(execFile);
const docs = path.join(import.meta.dirname, '..', '..', 'docs');
const wanted = process.argv.slice(2);
const colours = ['light', 'dark'] as const;
const widths = [1280, 390];

/** A View is an address, and what is done there before the picture is taken. */
interface View {
  name: string;
  hash: string;
  who?: 'boss' | 'nobody';
  whole?: boolean; // beyond the window, on a wide one too
  look?: (page: Page) => Promise<unknown>;
}

interface Case {
  id: string;
  seeds: { value: string }[];
}

const escalation = `escalation:
  to:
    - {name: desk, kind: mail, url: '127.0.0.1:1', from: clew@soc.example, to: [soc@soc.example], security: none, private: true, severity: high}
`;

/** settled waits until the graph stands still, and knows where the chosen node leads. */
async function settled(page: Page): Promise<void> {
  await page.getByRole('application').waitFor();
  await page.getByText('settling…').waitFor({ state: 'hidden' });
  await page.getByText('counting…').waitFor({ state: 'hidden' });
}

const finding = `sel=${encodeURIComponent('domain lumapost24-customsaccess.example')}`;
const press = (name: string | RegExp) => (page: Page) => page.getByRole('button', { name }).first().click();
const unfold = (text: string | RegExp) => (page: Page) =>
  page.locator('summary').filter({ hasText: text }).first().click();

function views({ id, seeds }: Case, link: string): View[] {
  const seed = seeds[0]?.value ?? '';
  const of = (tab: string, more = ''): string => `case/${id}?tab=${tab}${more}`;
  return [
    { name: 'start', hash: '' },
    { name: 'start-none', hash: '?q=nothing in here', look: (page) => page.getByText('No indicator in it').waitFor() },
    { name: 'start-plan', hash: `?q=${seed}`, look: press('Show whom it would ask') },
    { name: 'cases', hash: 'cases', look: (page) => page.getByRole('link', { name: id }).waitFor() },
    { name: 'watches', hash: 'watches', look: (page) => page.getByText('the demo').waitFor() },
    {
      name: 'watch',
      hash: 'watches',
      look: async (page) => {
        await page.getByRole('link', { name: 'the demo' }).click();
        await page.getByRole('button', { name: 'Run now' }).waitFor();
      },
    },
    {
      name: 'watch-change',
      hash: 'watches',
      look: async (page) => {
        await page.getByRole('link', { name: 'the demo' }).click();
        await page.getByRole('button', { name: 'Change…' }).click();
      },
    },
    { name: 'watch-new', hash: `watches/new?q=${seed}` },
    {
      name: 'look',
      hash: `look?q=${seed}`,
      look: (page) => page.getByRole('heading', { name: /best first/ }).waitFor(),
    },
    { name: 'look-none', hash: 'look?q=unseen.example' },
    { name: 'sources', hash: 'sources', look: (page) => page.getByRole('button', { name: 'VirusTotal' }).waitFor() },
    { name: 'source', hash: 'sources', look: press('VirusTotal') },
    { name: 'doctor', hash: 'sources', whole: true, look: press('Check now') },
    { name: 'corpus', hash: 'corpus', look: (page) => page.getByRole('button', { name: 'whois.csv' }).waitFor() },
    { name: 'corpus-import', hash: 'corpus', look: unfold(/^Import$/) },
    { name: 'corpus-one', hash: 'corpus', look: press('whois.csv') },
    {
      name: 'file',
      hash: 'corpus',
      look: async (page) => {
        await page.locator('summary').filter({ hasText: /file/i }).first().click();
        await page.getByLabel(/A file of up to/).setInputFiles({
          name: 'note.eml',
          mimeType: 'message/rfc822',
          buffer: Buffer.from(
            'From: a@evil.example\r\nTo: b@own.example\r\nSubject: your parcel\r\nDate: Tue, 01 Jul 2025 08:00:00 +0000\r\n\r\nhttps://lumapost24-redeliveryoffice.example/track\r\n',
          ),
        });
        await page.getByRole('button', { name: 'Analyse' }).click();
        await page.getByRole('article').first().waitFor();
      },
    },
    { name: 'account', hash: 'account', whole: true, look: (page) => page.getByText('this one').waitFor() },
    {
      name: 'second-factor',
      hash: 'account',
      look: async (page) => {
        await page.getByLabel('Your password').fill(password);
        await page.getByRole('button', { name: 'Set it up' }).click();
        await page.getByRole('img', { name: 'The key as a picture' }).waitFor();
      },
    },
    { name: 'team', hash: 'team', look: (page) => page.getByRole('button', { name: 'Disable ana' }).waitFor() },
    { name: 'team-tokens', hash: 'team/tokens' },
    {
      name: 'team-audit',
      hash: 'team/audit',
      look: (page) => page.getByRole('cell', { name: 'setup' }).first().waitFor(),
    },
    { name: 'case-findings', hash: of('findings') },
    {
      name: 'case-why',
      hash: of('findings', `&${finding}`),
      look: (page) => page.getByText('What speaks for it').waitFor(),
    },
    {
      name: 'case-reject',
      hash: of('findings', `&${finding}`),
      look: press(/Reject…/),
    },
    { name: 'case-graph', hash: of('graph', `&${finding}`), look: settled },
    { name: 'case-pivots', hash: of('pivots') },
    {
      name: 'case-pivot',
      hash: of('pivots'),
      look: async (page) => {
        await page.getByRole('button', { name: /rejected \d+/ }).click();
        await page.getByRole('grid', { name: 'Pivot points' }).waitFor();
        await page.keyboard.press('j');
        await page.getByText(/No source would be asked|It asks/).waitFor();
      },
    },
    { name: 'case-naming', hash: of('pivots', '&naming=1') },
    {
      name: 'case-sightings',
      hash: of('sightings'),
      look: (page) => page.getByRole('heading', { name: /of ours/ }).waitFor(),
    },
    { name: 'case-actions', hash: of('actions'), whole: true },
    {
      name: 'case-approve',
      hash: of('actions', '&act=proposed'),
      look: async (page) => {
        await page
          .getByRole('checkbox', { name: /^Choose / })
          .first()
          .check();
        await page.getByRole('button', { name: 'Approve…' }).click();
        await page
          .getByRole('dialog')
          .getByText(/would be recorded/)
          .waitFor();
      },
    },
    { name: 'case-export', hash: of('actions'), look: press('Preview') },
    { name: 'case-escalate', hash: of('actions'), look: press(/What would fire now/) },
    { name: 'case-record', hash: of('record') },
    { name: 'case-notes', hash: of('record', '&part=notes') },
    { name: 'case-gaps', hash: of('record', '&part=gaps') },
    { name: 'case-check', hash: of('record', '&part=check'), look: press(/Check every/) },
    { name: 'case-access', hash: of('findings'), look: press('open to the team') },
    {
      name: 'case-report',
      hash: of('report'),
      look: (page) => page.frameLocator('iframe').getByText('Summary').waitFor(),
    },
    { name: 'case-report-text', hash: of('report', '&format=md') },
    { name: 'case-gone', hash: 'case/20250101-none-0000', look: (page) => page.getByRole('alert').waitFor() },
    {
      name: 'search',
      hash: 'cases',
      look: async (page) => {
        await page.getByRole('searchbox', { name: /Search cases/ }).fill('lumapost24');
        await page.getByText(/\d+ hits? in \d+ case/).waitFor();
      },
    },
    { name: 'help', hash: 'cases', look: (page) => page.keyboard.press('?') },
    { name: 'nowhere', hash: 'nowhere' },
    { name: 'sign-in', hash: '', who: 'nobody' },
    { name: 'sign-in-refused', hash: '?refused=the state is unknown', who: 'nobody' },
    {
      name: 'sign-in-wrong',
      hash: '',
      who: 'nobody',
      look: async (page) => {
        await page.getByLabel('Name').fill('boss');
        await page.getByLabel('Password').fill('not this one');
        await page.getByRole('button', { name: 'Sign in' }).click();
        await page.getByRole('alert').waitFor();
      },
    },
    { name: 'setup', hash: link.split('#/')[1] ?? '', who: 'nobody' },
    { name: 'setup-none', hash: 'setup', who: 'nobody' },
  ];
}

/** filled is a team at work on the demonstration's case. */
async function filled(dir: string): Promise<[Server, Person, Case, string]> {
  process.env['CLEW_CONFIG'] = path.join(dir, 'config.yaml');
  await writeFile(process.env['CLEW_CONFIG'], escalation);
  const server = await demo('--accounts');
  const boss = await invited(server, server.link, 'boss');
  const { link } = (await boss.call('/users', { name: 'ana', role: 'analyst' })) as { link: string };
  await boss.call('/account/tokens', { name: 'the SIEM', scopes: ['read', 'feed'], expires: '2027-02-01T00:00:00Z' });
  const [its] = ((await boss.call('/cases')) as { items: Case[] }).items as [Case];
  const seed = its.seeds[0]?.value ?? '';
  await boss.call(`/cases/${its.id}/tags`, { add: ['parcel-phish'] });
  await boss.call(`/cases/${its.id}/notes`, { text: 'Reported by the **mail desk**. The kit is the one of June.' });
  await boss.call('/watches', {
    name: 'the demo',
    case: its.id,
    schedule: 'daily 07:00 Europe/Berlin',
    band: 'medium',
    to: ['desk'],
  });
  const log = path.join(dir, 'dnsmasq.log');
  await writeFile(log, `2025-07-01T08:00:00Z dnsmasq[1]: query[A] ${seed} from 10.0.0.7\n`);
  await server.command('hunt', '--case', its.id, log);
  return [server, boss, its, link];
}

/** shown takes the pictures of the documentation: of the demonstration, as one alone sees it. */
async function shown(chrome: Browser): Promise<void> {
  const server = await demo();
  const [{ id }] = ((await server.call('/cases')) as { items: [Case] }).items;
  const { page, quiet, close } = await visit(chrome, server, { reducedMotion: 'reduce', colorScheme: 'light' });
  // With a palette: a third of the bytes.
  const keep = async (to: string): Promise<void> => {
    const file = path.join(docs, to);
    await page.waitForTimeout(300); // what is drawn after it is asked for
    await page.screenshot({ path: file });
    await run('pngquant', ['--force', '--output', file, '256', file]);
  };
  try {
    await page.goto(`${server.origin}/#/case/${id}?${finding}`);
    await page.getByText('What speaks for it').waitFor();
    await quiet();
    await keep('pictures/case-why.png');
    await page.goto(`${server.origin}/#/case/${id}?tab=graph&${finding}`);
    await settled(page);
    await quiet();
    await keep('pictures/case-graph.png');
    await page.setViewportSize({ width: 1180, height: 1050 });
    await page.goto(`${server.origin}/api/v1/cases/${id}/report?format=html`);
    await page.getByRole('heading', { name: 'Summary' }).waitFor();
    await keep('images/report.png');
    await close();
  } finally {
    await server.stop();
  }
}

async function take(): Promise<void> {
  const lacking = absent();
  if (lacking) throw new Error(lacking);
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-pictures-'));
  const [server, boss, its, link] = await filled(dir);
  const chrome = await browser();
  try {
    for (const { name, hash, who = 'boss', whole = false, look } of views(its, link)) {
      if (wanted.length > 0 && !wanted.includes(name)) continue;
      const at = { ...server, link: `${server.origin}/#/${hash}` };
      const { page, quiet, close } = await visit(chrome, at, {
        ...(who === 'boss' ? boss.signedIn : {}),
        reducedMotion: 'reduce',
      });
      await look?.(page).catch((error: unknown) => {
        console.error(`${name}: ${String(error)}`);
      });
      for (const width of widths)
        for (const colorScheme of colours) {
          await page.setViewportSize({ width, height: width > 1000 ? 800 : 844 });
          await page.emulateMedia({ colorScheme });
          await quiet();
          if (name === 'case-graph') await settled(page);
          await page.waitForTimeout(300); // what is drawn after it is asked for
          await shot(page, `${name}-${String(width)}-${colorScheme}`, width < 1000 || whole);
        }
      console.log(name);
      await close();
    }
    if (wanted.length === 0 || wanted.includes('docs')) await shown(chrome);
  } finally {
    await chrome.close();
    await server.stop();
    await rm(dir, { recursive: true, force: true });
  }
}

await take();
