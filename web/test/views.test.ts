// Every view, wide and narrow, light and dark: nothing breaks, nothing is beyond
// the edge of a telephone, and what axe calls serious is not there.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, empty, shot, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let its = ''; // the case of the demo
let seed = '';
let logs = '';

before(async () => {
  if (skip) return;
  [server, chrome, logs] = await Promise.all([demo(), browser(), mkdtemp(path.join(tmpdir(), 'clew-logs-'))]);
  const { items } = (await server.call('/cases')) as { items: { id: string; seeds: { value: string }[] }[] };
  its = items[0]?.id ?? '';
  seed = items[0]?.seeds[0]?.value ?? '';
  // A resolver of ours was asked for the seed, once within its time.
  await writeFile(
    path.join(logs, 'dnsmasq.log'),
    `2025-07-01T08:00:00Z dnsmasq[1]: query[A] ${seed} from 10.0.0.7\n2025-07-01T08:00:01Z dnsmasq[1]: query[A] own.example from 10.0.0.7\n`,
  );
  await server.command('hunt', '--case', its, logs);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
  await rm(logs, { recursive: true, force: true });
});

/** Each view with what is there once it is loaded. */
const views = (): Record<string, [string, (page: Page) => Promise<unknown>]> => ({
  start: ['', (page) => page.getByRole('heading', { name: 'What do you have?' }).waitFor()],
  cases: ['cases', (page) => page.getByRole('link', { name: its }).waitFor()],
  look: [`look?q=${seed}`, (page) => page.getByRole('heading', { name: /pivot points?, best first/ }).waitFor()],
  sources: ['sources', (page) => page.getByRole('button', { name: 'VirusTotal' }).waitFor()],
  corpus: ['corpus', (page) => page.getByRole('button', { name: 'whois.csv' }).waitFor()],
  nowhere: ['nowhere', (page) => page.getByText('There is nothing here').waitFor()],
});

/** The tabs of a case are read off the page, so that none is forgotten. */
async function tabsOf(page: Page): Promise<string[]> {
  await page.goto(`${server.origin}/#/case/${its}`);
  await page.getByRole('tab').first().waitFor();
  const ids = await page.getByRole('tab').evaluateAll((tabs) => tabs.map((tab) => tab.id.replace('tab-', '')));
  assert.ok(ids.length >= 4, `only ${String(ids.length)} tabs`);
  return ids;
}

async function fits(page: Page, name: string): Promise<void> {
  const over = await page.evaluate(() => document.documentElement.scrollWidth - innerWidth);
  assert.ok(over <= 0, `${name} is ${String(over)} pixels wider than the window`);
}

for (const width of [1280, 390]) {
  for (const colorScheme of ['light', 'dark'] as const) {
    test(`every view at ${String(width)} pixels, ${colorScheme}`, { skip }, async () => {
      const { page, fine, close } = await visit(chrome, server, { viewport: { width, height: 850 }, colorScheme });
      for (const [name, [hash, ready]] of Object.entries(views())) {
        await page.goto(`${server.origin}/#/${hash}`);
        await ready(page);
        await fits(page, name);
        await accessible(page);
        await shot(page, `${name}-${String(width)}-${colorScheme}`);
      }
      for (const tab of await tabsOf(page)) {
        await page.goto(`${server.origin}/#/case/${its}?tab=${tab}`);
        await page.locator(`#tab-${tab}[aria-selected=true]`).waitFor();
        await page.waitForLoadState('networkidle').catch(() => undefined); // the stream of the case stays open
        await fits(page, tab);
        await accessible(page);
        await shot(page, `case-${tab}-${String(width)}-${colorScheme}`);
      }
      fine();
      await close();
    });
  }
}

test('what was seen inside is told by indicator and by machine', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=sightings`);
  const row = page
    .getByRole('row')
    .filter({ hasText: seed.replaceAll('.', '[.]') })
    .first();
  await row.getByText('1 time', { exact: true }).waitFor();
  await page.getByRole('heading', { name: '1 machine of ours' }).waitFor();
  await page.getByRole('button', { name: /its name was resolved/ }).click();
  await page.waitForURL(/asset=10\.0\.0\.7/);
  fine();
  await close();
});

test('logs are searched from the page, and what was searched is said', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=sightings`);
  const form = page.locator('form', { hasText: 'Files and folders' });
  await form.getByLabel('Files and folders').fill(path.join(logs, 'nowhere'));
  await form.getByRole('button', { name: 'Search' }).click();
  await page
    .getByText(/no such file/)
    .first()
    .waitFor(); // what is wrong is said where one looks
  await form.getByLabel('Files and folders').fill(logs);
  await form.getByRole('button', { name: 'Search' }).click();
  const hunt = page.getByRole('article').filter({ hasText: 'Searched' }).first();
  await hunt.getByText('1 hit', { exact: false }).waitFor();
  await hunt.getByText('1 record', { exact: true }).click();
  await hunt.getByText(/dnsmasq\[1\]/).waitFor(); // the record as the log has it
  await page.getByText('read to its end').first().waitFor();
  await accessible(page);
  await shot(page, 'sightings-hunt', true);
  fine();
  await close();
});

test('a file is imported, looked at and taken back', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/corpus`);
  await page
    .locator('summary')
    .filter({ hasText: /^Import$/ })
    .click();
  const row =
    '{"rrname":"new.example","rrtype":"A","rdata":"192.0.2.77","time_first":1767225600,"time_last":1769904000}';
  await page.getByLabel('A file of this browser').setInputFiles({
    name: 'mine.cof',
    mimeType: 'application/x-ndjson',
    buffer: Buffer.from(`${row}\nnot a record\n`),
  });
  await page.getByRole('button', { name: 'Import', exact: true }).click();
  await page.getByText(/1 observation kept as cof/).waitFor();
  await page.getByText('1 not understood').waitFor();
  assert.equal(await page.getByLabel('A file of this browser').inputValue(), ''); // ready for the next
  await page.getByRole('button', { name: 'mine.cof' }).click();
  await accessible(page);
  await shot(page, 'corpus-import', true);
  await page.getByRole('button', { name: 'Take it back…' }).click();
  await page.getByRole('dialog').getByRole('button', { name: 'Take it back' }).click();
  await page.getByText(/1 observation taken back/).waitFor();
  await page.getByRole('button', { name: 'mine.cof' }).waitFor({ state: 'detached' });
  fine();
  await close();
});

test('an export is looked at before it leaves, and what stays out is named', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=actions`);
  await page.getByLabel('Format').selectOption('rpz');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByText('0 indicators').waitFor();
  await page.getByText('not in it: a seed').waitFor();
  await page.getByLabel('what is not approved yet, too').check();
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.getByRole('region', { name: 'Preview of the export' }).getByText('$TTL').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.locator('section', { hasText: 'Exports' }).getByRole('button', { name: 'Download' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /rpz/);
  fine();
  await close();
});

test('the report stands in a frame that can do nothing', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=report`);
  const frame = page.frameLocator('iframe[title="The report"]');
  await frame.getByRole('heading', { name: 'Summary' }).waitFor();
  assert.equal(await page.locator('iframe').getAttribute('sandbox'), '');
  await page.getByLabel('Format of the report').selectOption('md');
  await page.getByRole('region', { name: 'The report as text' }).getByText(its).first().waitFor();
  await page.reload();
  await page.getByRole('region', { name: 'The report as text' }).waitFor(); // the address holds the choice
  fine();
  await close();
});

test('a case prints without what can only be clicked', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}`);
  await page.getByRole('row').nth(3).waitFor();
  await page.emulateMedia({ media: 'print', colorScheme: 'dark' });
  assert.equal(await page.getByRole('navigation').isVisible(), false);
  assert.equal(await page.getByRole('tab').first().isVisible(), false);
  const [ground, ink, raised, cell] = await page.evaluate(() => {
    const style = getComputedStyle(document.documentElement);
    const cell = document.querySelector('main td, main [role=cell], main [role=gridcell]') ?? document.body;
    return [style.backgroundColor, style.color, style.getPropertyValue('--raised'), getComputedStyle(cell).color];
  });
  assert.equal(ground, 'rgb(255, 255, 255)'); // dark on screen, and still no page of ink
  assert.equal(ink, 'rgb(0, 0, 0)');
  assert.equal(raised, '#fff');
  assert.equal(cell, 'rgb(0, 0, 0)');
  await shot(page, 'case-print', true);
  fine();
  await close();
});

test('an empty clew says the next step in every view', { skip }, async (t) => {
  const bare = await empty();
  t.after(() => bare.stop());
  const { page, fine, close } = await visit(chrome, bare);
  const steps: [string, string][] = [
    ['cases', 'Start with an indicator'],
    ['corpus', 'Nothing was imported yet'],
    ['look?q=evil.example', 'Nothing was observed of it here'],
  ];
  for (const [hash, words] of steps) {
    await page.goto(`${bare.origin}/#/${hash}`);
    await page.getByText(words).first().waitFor();
    await accessible(page);
    await shot(page, `empty-${hash.split('?')[0] ?? ''}`);
  }
  fine();
  await close();
});

test('a block is measured, approved, taken into a list, and revoked with a reason', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=actions&find=domain`);
  const row = page.locator('tbody tr').filter({ hasText: 'block' }).first();
  await row.waitFor();
  await page.getByRole('button', { name: 'Count whom blocks would hit' }).click();
  await row.getByText(/no unrelated site|unrelated site|unknown: the corpus/).waitFor();
  const box = row.getByRole('checkbox');
  const value = ((await box.getAttribute('aria-label')) ?? '').replace('Choose ', '');
  await box.check();
  await page.getByRole('button', { name: 'Approve…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 change', { exact: true }).waitFor();
  await accessible(page);
  await shot(page, 'actions-approve');
  await dialog.getByLabel('Reason').fill('shift lead agrees');
  await dialog.getByLabel('Stands for').fill('9d');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('1 change recorded').waitFor();
  assert.match(await server.command('export', 'hosts', its), new RegExp(`^0\\.0\\.0\\.0 ${value}$`, 'm'));

  await page.goto(`${server.origin}/#/case/${its}?tab=actions&act=approved`);
  await page.getByRole('checkbox', { name: `Choose ${value}` }).check();
  await page.getByRole('button', { name: 'Revoke…' }).click();
  const revoke = dialog.getByRole('button', { name: 'Revoke' });
  assert.equal(await revoke.isDisabled(), true); // a reason is needed
  await dialog.getByLabel('Reason').fill('wrong house');
  await revoke.click();
  await dialog.waitFor({ state: 'detached' }); // the words of the approval may still be there
  assert.doesNotMatch(await server.command('export', 'hosts', its), new RegExp(`^0\\.0\\.0\\.0 ${value}$`, 'm'));
  fine();
  await close();
});

test('what would be escalated is said before anybody is told', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=actions`);
  await page.getByRole('button', { name: /What would fire now/ }).click();
  await page.getByText(/trigger would fire|triggers would fire/).waitFor();
  await page.getByText('Nobody would be told').waitFor();
  await page.getByRole('button', { name: 'Record, and tell them' }).click();
  await page.getByText(/escalations? recorded/).waitFor();
  await page.getByRole('heading', { name: /^internal-hit/ }).waitFor();
  await page.goto(`${server.origin}/#/cases?state=escalated`);
  await page.getByRole('link', { name: /escalation/ }).waitFor();
  fine();
  await close();
});

// The last one: what a watch meets is told, and would not fire again.
test('logs are indexed and watched from the page', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=sightings`);
  await page.getByText('The telemetry index:').click();
  const paths = page.getByLabel('Files and folders to index');
  await paths.fill('relative');
  await page.getByRole('button', { name: 'Bring it up to date' }).click();
  await page.getByText(/write the whole path/).waitFor();
  await paths.fill(logs);
  await page.getByRole('button', { name: 'Bring it up to date' }).click();
  await page.getByText('Index brought up to date').waitFor();
  await page.getByText(/The telemetry index: 1 log/).waitFor();
  await page.getByRole('button', { name: 'Watch from now on' }).click();
  await page.getByRole('progressbar', { name: 'Watching' }).waitFor();
  await accessible(page);
  await shot(page, 'sightings-index', true);
  await page.reload(); // it goes on, and is found again
  await page.locator('summary', { hasText: /telemetry index:[^]*watched/ }).click();
  await page.getByRole('button', { name: 'End the watch' }).click();
  await page.getByText('Watch ended: what was indexed stays').waitFor();
  fine();
  await close();
});
