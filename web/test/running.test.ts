// An investigation that is under way, in a browser that comes and goes: what it
// does is seen again after a reload, and it is cancelled and resumed from there.
import assert from 'node:assert/strict';
import { createHash } from 'node:crypto';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { absent, accessible, browser, held, shot, visit, type Held } from './kit';

const skip = absent() || false;
/** A file that nobody has: names for documentation are asked of nobody. */
const seed = createHash('sha256').update('held by a test of the page').digest('hex');
let server: Held;
let chrome: Browser;

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([held(), browser()]);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

interface Runs {
  items: { id: string; state: string }[];
}

test('reload while it runs, cancel, reload, resume, reload, and it ends', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.getByLabel('An indicator, or a report').fill(seed);
  await page.getByText('1 indicator recognised').waitFor();
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await page.waitForURL(/#\/case\//);
  const progress = page.getByRole('progressbar', { name: 'Investigating' });
  await progress.waitFor();
  const runs = async (): Promise<string[]> =>
    ((await server.call('/investigations')) as Runs).items.map((run) => run.state);

  await page.reload();
  await progress.waitFor();
  await page.getByText(/Hop \d+: \d+ expanded, \d+ waiting/).waitFor();
  assert.deepEqual(await runs(), ['running'], 'a reload begins nothing');
  await accessible(page);
  await shot(page, 'running');

  await page.getByRole('button', { name: 'Cancel', exact: true }).click();
  await progress.waitFor({ state: 'hidden' });
  const resume = page.getByRole('button', { name: 'Resume' });
  await resume.waitFor();
  assert.deepEqual(await runs(), ['interrupted']);

  await page.reload();
  await resume.click();
  await progress.waitFor();
  await page.reload();
  await progress.waitFor();
  server.letGo();
  await progress.waitFor({ state: 'hidden', timeout: 40_000 });
  await page.getByText('complete', { exact: true }).waitFor();
  assert.deepEqual((await runs()).sort(), ['complete', 'interrupted']);
  fine();
  await close();
});
