// What is found and asked from the page: the box over everything, the sources,
// what clew stands on, how a case's names are made, and files that are taken along.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, shot, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let its = ''; // the case of the demo
let seed = '';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo(), browser()]);
  const { items } = (await server.call('/cases')) as { items: { id: string; seeds: { value: string }[] }[] };
  its = items[0]?.id ?? '';
  seed = items[0]?.seeds[0]?.value ?? '';
  await server.call(`/cases/${its}/notes`, { text: `the panel of ${seed} answers in Dutch` });
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

test('the box in the header finds everything, by keyboard', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/nowhere`); // a view without a box of its own
  await page.getByText('There is nothing here').waitFor();
  const box = page.getByRole('search');
  await page.keyboard.press('/');
  await page.keyboard.type(seed.slice(0, 1));
  await box.getByText('At least 2 characters').waitFor();
  await page.keyboard.type(seed.slice(1));
  for (const group of ['Cases', 'Notes', 'Corpus']) await box.getByRole('region', { name: group }).waitFor();
  await box.getByText('in 1 case and the corpus').waitFor();
  await accessible(page);
  await shot(page, 'search');
  await page.keyboard.press('ArrowDown');
  await page.keyboard.press('Enter');
  await page.waitForURL(new RegExp(`#/case/${its}$`));
  await page.getByRole('tab').first().waitFor();

  await page.getByRole('searchbox', { name: /Search cases/ }).fill('answers in dutch');
  await box.getByRole('region', { name: 'Notes' }).getByRole('link').click();
  await page.waitForURL(/tab=record&part=notes/);
  await page.getByText('answers in Dutch').first().waitFor();
  fine();
  await close();
});

test('what was not searched is said', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server, { viewport: { width: 390, height: 800 } });
  // A record that cannot be read is not made here: the server's answer is added to.
  await page.route('**/api/v1/search?*', async (route) => {
    const answer = await route.fetch();
    const found = (await answer.json()) as { unsearched: string[] };
    found.unsearched.push('case 20250101-aaaa: <b>its record is damaged</b>');
    await route.fulfill({ response: answer, json: found });
  });
  await page.getByRole('searchbox', { name: /Search cases/ }).fill('no such thing');
  await page.getByText('0 hits in 1 case').waitFor();
  await page.getByText('<b>its record is damaged</b>').waitFor();
  await accessible(page);
  await shot(page, 'search-390');
  fine();
  await close();
});

test('a source is tested where it stands, and offline refuses', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/sources`);
  await page.getByRole('button', { name: 'crt.sh' }).click();
  await page.getByRole('button', { name: 'Ask it one harmless question' }).click();
  await page.getByText(/It was not asked: .*offline/).waitFor();
  await page.getByRole('button', { name: 'Check now' }).click();
  await page.getByText(/\d+ checks: \d+ fine/).waitFor();
  await page.getByRole('cell', { name: 'data directory' }).waitFor();
  await accessible(page);
  await shot(page, 'sources-doctor', true);
  fine();
  await close();
});

test('how the names of a case are made', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=pivots`);
  await page.getByText('How its names are made').click();
  await page.getByText(/^Learned from \d+ names/).waitFor();
  await page.getByText(/names\s+on\s+the\s+benign\s+lists\s+match/).waitFor();
  const told = (await server.call(`/cases/${its}/pattern`)) as { regexp: string; words: string[] };
  await page.getByRole('button', { name: 'copy the expression' }).click();
  assert.equal(await page.evaluate(() => navigator.clipboard.readText()), told.regexp);
  assert.ok(told.words.length > 0);
  await accessible(page);
  await shot(page, 'case-naming');
  await page.reload(); // the address holds that it is open
  await page.getByText(/^Learned from \d+ names/).waitFor();
  fine();
  await close();
});

/** saved presses a button and gives the name and the first bytes of what is saved. */
async function saved(page: Page, button: string): Promise<[string, string]> {
  const [download] = await Promise.all([
    page.waitForEvent('download', { timeout: 60_000 }), // a Chromium prints it
    page.getByRole('button', { name: button, exact: true }).click(),
  ]);
  const file = await readFile(await download.path());
  return [download.suggestedFilename(), file.subarray(0, 4).toString('latin1')];
}

test('report, package and bundle are taken along as files', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=report&format=pdf`);
  const [pdf, start] = await saved(page, 'Download');
  assert.match(pdf, /\.pdf$/);
  assert.equal(start, '%PDF');
  await page.goto(`${server.origin}/#/case/${its}?tab=actions`);
  const [packed, zip] = await saved(page, 'Package for somebody without clew');
  assert.match(packed, /\.zip$/);
  assert.equal(zip, 'PK\u0003\u0004');
  const [bundle, inside] = await saved(page, 'Bundle, to go on with in clew');
  assert.match(bundle, new RegExp(its));
  assert.ok(inside.length > 0);
  fine();
  await close();
});
