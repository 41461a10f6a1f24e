// The graph of a case: the same set as the table, in step with it, by mouse and
// by keyboard.
import assert from 'node:assert/strict';
import { readFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { escaped } from '../src/case/graph/export/escape';
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
  await page.waitForURL(/sel=/); // the address is written a few times a second
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

test('a path between two nodes is told in words', { skip }, async () => {
  const { page, fine, close } = await opened(`&sel=${encodeURIComponent(`domain ${seed}`)}`);
  await page.getByRole('button', { name: 'path from here' }).click();
  await page.getByText('Select the node where it should lead.').waitFor();
  await page.getByLabel('Find in the graph').fill('vortilo-login');
  await page.getByText('1 node', { exact: true }).waitFor();
  await page.keyboard.press('Enter');
  const path = page.getByRole('region', { name: 'Path' });
  await path.getByRole('listitem').nth(1).waitFor();
  assert.match((await path.textContent()) ?? '', /vortilo-login\[\.\]example/);
  await accessible(page);
  await shot(page, 'graph-path');
  fine();
  await close();
});

/** size is how many nodes and edges the picture has. */
async function size(page: Page): Promise<[number, number]> {
  await settled(page);
  const label = (await page.getByRole('application').getAttribute('aria-label')) ?? '';
  const [, nodes = '', edges = ''] = /(\d+) nodes, (\d+) edges/.exec(label) ?? [];
  return [Number(nodes), Number(edges)];
}

/** nodesWhen is how many nodes there are once that is right, or after half a minute. */
async function nodesWhen(page: Page, right: (nodes: number) => boolean): Promise<number> {
  for (let n = 0; n < 300 && !right((await size(page))[0]); n++) await page.waitForTimeout(100);
  return (await size(page))[0];
}

test('shared values fold into edges, crowds into one, and what is hidden comes back', { skip }, async () => {
  const { page, fine, close } = await opened();
  const [nodes] = await size(page);
  await page.getByRole('button', { name: 'shared values as edges' }).click();
  const folded = await nodesWhen(page, (n) => n < nodes);
  assert.ok(folded < nodes, `${String(folded)} of ${String(nodes)} nodes`);
  await page.getByRole('button', { name: 'shared values as edges' }).click();
  await page.getByRole('button', { name: 'crowds as one' }).click();
  const single = await nodesWhen(page, (n) => n > nodes);
  assert.ok(single > nodes, `${String(single)} nodes one by one, ${String(nodes)} in crowds`);
  await page.getByRole('button', { name: 'rejected pivots' }).click();
  const more = await nodesWhen(page, (n) => n > single);
  assert.ok(more > single, 'rejected pivots are on demand');
  await page.getByRole('button', { name: 'begin at the seed' }).click();
  await page.getByRole('button', { name: 'hide', exact: true }).click();
  assert.ok((await nodesWhen(page, (n) => n < more)) < more, 'the hidden node is still there');
  await page.getByRole('button', { name: 'show 1 hidden' }).click();
  assert.equal(await nodesWhen(page, (n) => n === more), more);
  fine();
  await close();
});

test('the address holds the view; time and layouts by keyboard', { skip }, async () => {
  const { page, fine, close } = await opened('&lay=time&group=kind&t=2025-06-01~2025-08-30', {
    reducedMotion: 'reduce',
  });
  assert.equal(await page.getByLabel('layout').inputValue(), 'time');
  await page.getByText('2025-06-01 to 2025-08-30').waitFor();
  await page.getByLabel('To', { exact: true }).focus();
  await page.keyboard.press('ArrowRight');
  await page.waitForURL(/t=2025-06-01~2025-08-31|t=2025-06-01%7E2025-08-31/);
  await page.getByRole('button', { name: 'all times' }).click();
  await page.getByLabel('layout').selectOption('hops');
  await page.waitForURL(/lay=hops/);
  await settled(page);
  await page.reload();
  await settled(page);
  assert.equal(await page.getByLabel('layout').inputValue(), 'hops');
  await shot(page, 'graph-hops');
  await accessible(page);
  fine();
  await close();
});

test('dragging pins, and the pin is in the address', { skip }, async () => {
  const { page, fine, close } = await opened(`&sel=${encodeURIComponent(`domain ${seed}`)}`, {
    reducedMotion: 'reduce',
  });
  await page.getByLabel('Find in the graph').fill(seed);
  await page.keyboard.press('Enter');
  await page.getByLabel('Find in the graph').fill('');
  const box = await page.getByRole('application').boundingBox();
  assert.ok(box);
  const middle = { x: box.x + box.width / 2, y: box.y + box.height / 2 };
  // Until the camera has brought the seed under the pointer.
  for (let n = 0; n < 300 && (await page.locator('.picture.over').count()) === 0; n++)
    await page.mouse.move(middle.x + (n % 2), middle.y);
  await page.mouse.down();
  await page.mouse.move(middle.x + 60, middle.y + 40, { steps: 6 });
  await page.mouse.up();
  await page.getByRole('button', { name: 'unpin 1' }).waitFor();
  await page.waitForURL(/pin=/);
  fine();
  await close();
});

test('it is saved as PNG and as SVG', { skip }, async () => {
  const { page, fine, close } = await opened();
  for (const [kind, begins] of [
    ['PNG', /^.PNG/],
    ['SVG', /^<svg xmlns/],
  ] as const) {
    const [download] = await Promise.all([
      page.waitForEvent('download'),
      page.getByRole('button', { name: `Save as ${kind}` }).click(),
    ]);
    const text = await readFile(await download.path(), 'latin1');
    assert.match(text, begins);
    assert.ok(text.length > 5000, `${kind} of ${String(text.length)} bytes`);
    if (kind === 'SVG') assert.ok(text.includes(seed.slice(0, 12)) && !text.includes(seed), 'values are defanged');
  }
  fine();
  await close();
});

test('no value breaks out of the SVG', { skip }, async () => {
  const hostile = [
    '<script>alert(1)</script>',
    '"/><image href="https://evil.example/x"/>',
    "' onload='x",
    ']]>&amp;',
    '\u0000\u0008\ud800\uffff',
    '\u202eevil',
  ];
  const { page, fine, close } = await visit(chrome, server);
  for (const text of hostile) {
    const parsed = await page.evaluate(
      `(() => { const d = new DOMParser().parseFromString(${JSON.stringify(`<svg xmlns="http://www.w3.org/2000/svg"><title a="${escaped(text)}">${escaped(text)}</title></svg>`)}, 'image/svg+xml');
        return [d.querySelector('parsererror') ? 'broken' : '', d.querySelectorAll('*').length, d.querySelector('title')?.attributes.length]; })()`,
    );
    assert.deepEqual(parsed, ['', 2, 1], JSON.stringify(text));
  }
  fine();
  await close();
});

test('what leads on is counted before it is followed, and rolled back', { skip }, async () => {
  const { page, fine, close } = await opened(`&sel=${encodeURIComponent(`domain ${seed}`)}`);
  const near = page.getByRole('region', { name: 'The selected node and its neighbours' });
  await near.getByText('No source would be asked.').waitFor();
  const point = near.getByRole('button', { name: /^expand .*: \d+ share this; \d+ new/ }).first();
  await point.waitFor();
  await accessible(page);
  await shot(page, 'graph-expand');
  await point.click();
  const back = near.getByRole('button', { name: 'roll back' });
  await back.waitFor();
  await back.click();
  await back.waitFor({ state: 'hidden' });
  fine();
  await close();
});
