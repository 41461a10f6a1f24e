// Watches: saved from an indicator and from a case, run, changed, paused and removed;
// what a run found new leads to where the case shows it.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, shot, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let dir: string;
let seed: string; // the demo's case
let id: string;

const escalation = `escalation:
  to:
    - {name: desk, kind: mail, url: '127.0.0.1:1', from: clew@soc.example, to: [soc@soc.example], security: none, private: true, severity: high}
    - {name: duty, kind: mail, url: '127.0.0.1:1', from: clew@soc.example, to: [duty@soc.example], security: none, private: true}
`;

before(async () => {
  if (skip) return;
  dir = await mkdtemp(path.join(tmpdir(), 'clew-watches-'));
  process.env['CLEW_CONFIG'] = path.join(dir, 'config.yaml');
  await writeFile(process.env['CLEW_CONFIG'], escalation);
  [server, chrome] = await Promise.all([demo(), browser()]);
  const { items } = (await server.call('/cases')) as { items: { id: string; seeds: { value: string }[] }[] };
  id = items[0]?.id ?? '';
  seed = items[0]?.seeds[0]?.value ?? '';
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
  await rm(dir, { recursive: true, force: true });
});

/** imports writes passive DNS answers and imports them, as a feed would. */
async function imports(...answers: [name: string, address: string][]): Promise<void> {
  const file = path.join(dir, `${String(Date.now())}.jsonl`);
  const lines = answers.map(([rrname, rdata]) =>
    JSON.stringify({ rrname, rrtype: 'A', rdata, time_first: 1767225600, time_last: 1769904000, count: 3 }),
  );
  await writeFile(file, lines.join('\n'));
  await server.command('import', 'cof', file);
}

async function runs(page: Page): Promise<void> {
  const before = await page.locator('article').count();
  await page.getByRole('button', { name: 'Run now' }).click();
  await page.locator('article').nth(before).waitFor({ timeout: 30_000 });
  await page.getByRole('button', { name: 'Run now', disabled: false }).waitFor();
}

test('from an indicator: saved, run, and what is new leads to the case', { skip }, async () => {
  await imports(['watched.example.', '203.0.113.7']);
  const { page, fine, close } = await visit(chrome, server);
  await page.getByLabel('An indicator, or a report').waitFor();
  await page.keyboard.press('Escape');
  await page.locator('h1').click(); // out of the box
  await page.keyboard.press('g');
  await page.keyboard.press('w');
  await page.getByText('No watch yet.').waitFor();
  await accessible(page);
  await shot(page, 'watches-empty-light');

  await page.goto(`${server.origin}/#/?q=watched[.]example`);
  await page.getByRole('link', { name: 'Watch it on a schedule…' }).click();
  assert.equal(await page.getByLabel('Indicators, one a line').inputValue(), 'domain:watched.example');
  await page.getByRole('button', { name: 'Save the watch' }).click();
  assert.ok(page.url().includes('watches/new'), 'a watch without a name is saved');
  await page.getByLabel('Name, short').fill('op <b>x</b>');
  await page.getByRole('combobox', { name: 'How', exact: true }).selectOption('once a day');
  await page.getByLabel('of the zone').fill('Atlantis/Deep');
  await page.getByRole('button', { name: 'Save the watch' }).click();
  await page.getByText('the zone is unknown').waitFor();
  await page.getByLabel('of the zone').fill('Europe/Berlin');
  await page.getByRole('combobox', { name: 'A finding that' }).selectOption('reaches low confidence');
  await page.getByRole('checkbox', { name: 'desk' }).check();
  await page.getByLabel('Hops').fill('1');
  await accessible(page);
  await shot(page, 'watches-new-light', true);
  await page.getByRole('button', { name: 'Save the watch' }).press('Enter');
  await page.getByRole('heading', { name: 'op <b>x</b>' }).waitFor();
  await page.getByText('daily 07:00 Europe/Berlin').waitFor();
  await page.getByText('opened by the first run').waitFor();

  await runs(page);
  await page.getByText('found what is known at the beginning').waitFor();
  await imports(['watched.example.', '203.0.113.99'], ['watched.example.', '203.0.113.100']);
  await runs(page);
  await page.getByText('found something new').waitFor();
  await page.getByText(/watched\[\.\]example resolves to 203\[\.\]0\[\.\]113\[\.\]99/).waitFor();
  await page.getByText(/members?, 2 resolutions/).waitFor();
  await page.getByText('desk: withheld').waitFor(); // it is milder than desk is told of
  await accessible(page);
  await shot(page, 'watch-light', true);
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'watch-dark', true);
  await page.setViewportSize({ width: 390, height: 844 });
  await shot(page, 'watch-390', true);
  await page.setViewportSize({ width: 1280, height: 800 });

  await page.locator('article li a').first().press('Enter');
  await page.waitForURL(/#\/case\/[^?]+\?sel=domain%20/);
  await page.getByText('watched: op <b>x</b>').waitFor();
  fine();
  await close();
});

test('from a case: watched, changed, paused, resumed, removed, by keyboard', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${id}`);
  await page.getByRole('link', { name: 'Watch this case' }).click();
  await page.getByText('It goes on with case').waitFor();
  await page.getByLabel('Name, short').fill('the demo');
  await page.keyboard.press('Enter');
  await page.getByRole('heading', { name: 'the demo' }).waitFor();
  await page.getByRole('link', { name: id }).waitFor();

  await page.locator('h1').click();
  await page.keyboard.press('e');
  await page.getByRole('button', { name: 'Change it' }).waitFor();
  assert.ok(await page.getByRole('button', { name: 'Change it' }).isDisabled(), 'nothing is changed, and can be sent');
  await page.getByLabel('Every', { exact: true }).fill('2');
  await page.getByRole('combobox', { name: 'Unit', exact: true }).selectOption('days');
  await page.getByLabel('Requests at most, of each run').fill('20, virustotal=5');
  await page.getByRole('checkbox', { name: 'duty' }).check();
  await accessible(page);
  await shot(page, 'watch-change-light', true);
  await page.getByRole('button', { name: 'Change it' }).click();
  await page.getByText('every 2 days').waitFor();
  await page.getByText('20, virustotal=5 requests a run').waitFor();
  await page.getByRole('definition').filter({ hasText: 'duty' }).waitFor();

  // Another browser, or the command line, changes it: it is seen here.
  await server.command('watch', 'pause', 'the demo');
  await page.getByText('paused: none until it is resumed').waitFor();
  await page.locator('h1').click();
  await page.keyboard.press('p');
  await page.getByRole('button', { name: 'Pause' }).waitFor();

  await page.getByRole('link', { name: 'Watches' }).first().click();
  await page.getByText('2 watches').waitFor();
  await accessible(page);
  await shot(page, 'watches-light');
  await page.locator('h1').click();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  assert.equal(await page.evaluate(() => document.activeElement?.textContent), 'the demo');
  await page.emulateMedia({ colorScheme: 'dark' });
  await shot(page, 'watches-dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await accessible(page);
  await shot(page, 'watches-390', true);
  await page.getByLabel('find', { exact: true }).fill(seed);
  await page.getByText('0 of 2 watches').waitFor(); // that of a case names no indicator
  await page.getByLabel('find', { exact: true }).fill(id);
  await page.getByRole('link', { name: 'the demo' }).click();
  await page.getByRole('button', { name: 'Remove…' }).click();
  await page.getByRole('button', { name: 'Remove it' }).click();
  await page.getByText('1 watch', { exact: true }).waitFor();
  fine();
  await close();
});

test('hostile text of a run is text; a watch that fails or is gone says so', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  const [one] = ((await server.call('/watches')) as { items: Record<string, unknown>[] }).items;
  const nasty = '<img src=x onerror=alert(1)> \u202egpj.exe http://evil.example/';
  const about = { kind: 'domain', value: `evil.example${nasty}` };
  const run = {
    ...{
      watch: one?.['id'],
      job: 'w1',
      due: null,
      ended: '2026-11-27T12:00:00Z',
      state: nasty,
      error: nasty,
      digest: '',
    },
    news: Array.from({ length: 3000 }, () => ({ what: 'sighting', about, says: nasty, assets: [nasty] })),
    told: [{ to: nasty, state: nasty, said: nasty }],
  };
  const watch = { ...one, name: nasty, by: nasty, to: [nasty], failures: 3, error: nasty };
  await page.route('**/api/v1/watches/*/events', (route) =>
    route.fulfill({
      contentType: 'text/event-stream',
      body: `event: watch\ndata: ${JSON.stringify({ watch, runs: [run] })}\n\n`,
    }),
  );
  await page.route('**/api/v1/watches?*', (route) => route.fulfill({ json: { items: [watch], total: 1, next: '' } }));
  await page.goto(`${server.origin}/#/watches`);
  await page.getByText('failing').waitFor();
  assert.equal(await page.locator('main img').count(), 0);
  await page.getByRole('link', { name: /u\{202e\}/ }).click();
  await page.getByText('The last 3 runs failed').waitFor();
  assert.equal(await page.locator('article li').count(), 20, 'all news at once');
  const text = (await page.locator('main').textContent()) ?? '';
  assert.ok(!text.includes('\u202e') && !text.includes('http://'), 'outside text does what it does');
  assert.equal(await page.locator('main img').count(), 0);
  await accessible(page);
  await shot(page, 'watch-hostile-light', true);
  await page.unrouteAll();

  await page.goto(`${server.origin}/#/watches/0000`);
  await page.getByText('The watch is not there.').waitFor();
  fine();
  await close();
});
