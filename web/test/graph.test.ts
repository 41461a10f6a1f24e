// The graph of a case: the same set as the table, in step with it, by mouse and
// by keyboard.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, shot, visit, type Server, type Visit } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let id = '';
let seed = '';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo(), browser()]);
  const { items } = (await server.call('/cases')) as { items: { id: string; seeds: { value: string }[] }[] };
  id = items[0]?.id ?? '';
  seed = items[0]?.seeds[0]?.value ?? '';
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

/** opened is the graph of the demo case, when it has settled. */
async function opened(query = '', options: Parameters<typeof visit>[2] = {}): Promise<Visit> {
  const visited = await visit(chrome, server, options);
  await visited.page.goto(`${server.origin}/#/case/${id}?tab=graph${query}`);
  await settled(visited.page);
  return visited;
}

async function settled(page: Page): Promise<void> {
  await page.getByRole('application').waitFor();
  await page.getByText('settling…').waitFor({ state: 'hidden' });
}

const selected = (page: Page): string => new URLSearchParams(page.url().split('?').pop()).get('sel') ?? '';

test('the graph shows the findings in view, and walks by keyboard', { skip }, async () => {
  const { page, fine, close } = await opened();
  assert.match((await page.getByRole('application').getAttribute('aria-label')) ?? '', /\d+ nodes, \d+ edges/);
  await accessible(page);
  await page.getByRole('button', { name: 'begin at the seed' }).click();
  await page.waitForURL(/sel=/);
  assert.equal(selected(page), `domain ${seed}`);
  await page.keyboard.press('.');
  for (const key of ['ArrowUp', 'ArrowLeft', 'ArrowRight', 'ArrowDown']) await page.keyboard.press(key);
  const walked = selected(page);
  assert.notEqual(walked, '');
  await page.keyboard.press('Enter');
  assert.equal(await page.evaluate(() => document.activeElement?.id), 'near');
  await accessible(page);
  fine();
  await close();
});

test('table and graph are the same set, in step', { skip }, async () => {
  const { page, fine, close } = await opened();
  const near = page.getByRole('region', { name: 'The selected node and its neighbours' });
  await page.getByRole('tab', { name: 'Findings' }).click();
  const row = page.getByRole('row').nth(2);
  await row.click();
  const name = selected(page);
  await page.getByRole('tab', { name: 'Graph' }).click();
  await settled(page);
  assert.equal(selected(page), name);
  await near.getByText('neighbour').first().waitFor();
  await page.getByRole('button', { name: 'cert', exact: true }).first().click();
  await settled(page);
  assert.equal(await page.getByRole('region', { name: 'Legend' }).getByText('in view').count(), 0);
  fine();
  await close();
});

for (const scheme of ['light', 'dark'] as const) {
  test(`it looks right: ${scheme}`, { skip }, async () => {
    const { page, fine, close } = await opened(`&sel=${encodeURIComponent(`domain ${seed}`)}`, {
      colorScheme: scheme,
      reducedMotion: 'reduce',
    });
    await shot(page, `graph-${scheme}`);
    await page.setViewportSize({ width: 390, height: 844 });
    await accessible(page);
    await shot(page, `graph-${scheme}-390`);
    fine();
    await close();
  });
}
