// The whole investigation as an analyst does it: from what was pasted to a block
// that was decided on. Once by mouse, once by keyboard alone.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, browser, demo, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let seed = '';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo(), browser()]);
  const { items } = (await server.call('/cases')) as { items: { seeds: { value: string }[] }[] };
  seed = items[0]?.seeds[0]?.value ?? '';
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

const caseOf = (page: Page): string => /#\/case\/([^?]+)/.exec(page.url())?.[1] ?? '';

interface Doc {
  case: { state: string };
  findings: { value: string; verdict: string; reason: string; action: { state: string } }[];
}

const read = (id: string): Promise<Doc> => server.call(`/cases/${id}`) as Promise<Doc>;

test('by mouse: paste, go, why, judge, graph, approve, report', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.getByLabel('An indicator, or a report').fill(`it calls ${seed.replaceAll('.', '[.]')}`);
  await page.getByText('1 indicator recognised').waitFor();
  await page.getByRole('button', { name: 'Show whom it would ask' }).click();
  await page.getByRole('button', { name: 'Go: open a case and ask' }).click();
  await page.waitForURL(/#\/case\//);
  const id = caseOf(page);
  await page.getByText('complete', { exact: true }).waitFor({ timeout: 30_000 });

  const row = page.getByRole('row').filter({ hasText: 'high' }).first();
  await row.click();
  const value = (await row.locator('.value bdi').textContent())?.replaceAll(/[[\]]/g, '') ?? '';
  await page.getByRole('heading', { name: /What speaks for it/ }).waitFor();
  await page
    .locator('#why')
    .getByRole('button', { name: /Accept/ })
    .click();
  await page.getByLabel('Reason, for whoever reads the record').fill('same page, same key');
  await page.getByRole('dialog').getByRole('button', { name: 'Accept' }).click();
  await page.getByText('Accepted.').waitFor();

  await page.getByRole('tab', { name: 'Graph' }).click();
  await page.getByRole('application').waitFor();
  await page.getByText('settling…').waitFor({ state: 'hidden', timeout: 30_000 });

  await page.getByRole('tab', { name: 'Actions' }).click();
  await page.locator('tbody tr').filter({ hasText: 'block' }).first().getByRole('checkbox').check();
  await page.getByRole('button', { name: 'Approve…' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 change', { exact: true }).waitFor();
  await dialog.getByLabel('Reason').fill('shift lead agrees');
  await dialog.getByRole('button', { name: 'Approve' }).click();
  await page.getByText('1 change recorded').waitFor();

  await page.getByRole('tab', { name: 'Report' }).click();
  await page.frameLocator('iframe').getByRole('heading').first().waitFor();
  const doc = await read(id);
  assert.equal(doc.findings.find((f) => f.value === value)?.verdict, 'accepted');
  assert.equal(doc.findings.filter((f) => f.action.state === 'approved').length, 1);
  fine();
  await close();
});

/** reach presses Tab until what is wanted has the focus, as somebody without a mouse does. */
async function reach(page: Page, name: RegExp, most = 150): Promise<void> {
  for (let n = 0; n < most; n++) {
    const now = await page.evaluate(() => {
      const at = document.activeElement;
      const label =
        at instanceof HTMLInputElement || at instanceof HTMLTextAreaElement ? at.labels?.[0]?.textContent : '';
      return [at?.getAttribute('aria-label'), label, at?.textContent].find((text) => text?.trim())?.trim() ?? '';
    });
    if (name.test(now)) return;
    await page.keyboard.press('Tab');
  }
  assert.fail(`nothing named ${String(name)} is reached with Tab`);
}

test('by keyboard alone: type, go, why, judge, graph, approve, report', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.getByLabel('An indicator, or a report').waitFor();
  await reach(page, /^An indicator, or a report$/);
  await page.keyboard.type(seed);
  await page.getByText('1 indicator recognised').waitFor();
  await page.keyboard.press('Enter'); // whom it would ask
  await page.getByRole('button', { name: 'Go: open a case and ask' }).waitFor();
  await page.keyboard.press('Enter'); // go
  await page.waitForURL(/#\/case\//);
  const id = caseOf(page);
  await page.getByText('complete', { exact: true }).waitFor({ timeout: 30_000 });

  await page.keyboard.press('j');
  const selected = page.getByRole('row', { selected: true });
  await selected.waitFor();
  const value = (await selected.locator('.value bdi').textContent())?.replaceAll(/[[\]]/g, '') ?? '';
  await page.keyboard.press('w');
  await page.waitForFunction(() => document.activeElement?.id === 'why');
  await page.keyboard.press('Escape');
  await page.keyboard.press('a');
  await page.getByLabel('Reason, for whoever reads the record').waitFor();
  await page.keyboard.type('same page, same key');
  await page.keyboard.press('Enter');
  await page.getByText('Accepted.').waitFor();

  await page.getByRole('dialog').waitFor({ state: 'hidden' });
  await page.keyboard.press('2');
  await page.getByRole('application').waitFor();
  await page.getByText('settling…').waitFor({ state: 'hidden', timeout: 30_000 });
  await page.keyboard.press('.');
  await page.keyboard.press('ArrowRight');
  await page.keyboard.press('Enter');

  await page.keyboard.press('5');
  await page.getByRole('tab', { name: 'Actions', selected: true }).waitFor();
  const box = page.locator('tbody tr').filter({ hasText: 'block' }).first().getByRole('checkbox');
  const name = (await box.getAttribute('aria-label')) ?? '';
  await reach(page, new RegExp(`^${name.replace(/[.\\[\\]]/g, '.')}$`));
  await page.keyboard.press('Space');
  await reach(page, /^Approve…$/, 400);
  await page.keyboard.press('Enter');
  const dialog = page.getByRole('dialog');
  await dialog.getByText('1 change', { exact: true }).waitFor();
  await reach(page, /^Reason/);
  await page.keyboard.type('shift lead agrees');
  await reach(page, /^Approve$/);
  await page.keyboard.press('Enter');
  await page.getByText('1 change recorded').waitFor();

  await page.keyboard.press('7');
  await page.frameLocator('iframe').getByRole('heading').first().waitFor();
  const doc = await read(id);
  assert.equal(doc.findings.find((f) => f.value === value)?.verdict, 'accepted');
  assert.equal(doc.findings.filter((f) => f.action.state === 'approved').length, 1);
  fine();
  await close();
});

// The server is stopped in the middle and started anew: the page says so, and goes
// on with the case where it was, at the address it had.
test('reload and resume', { skip }, async () => {
  const { page, close } = await visit(chrome, server); // errors are expected while the server is away
  await page.getByLabel('An indicator, or a report').fill(seed);
  await page.getByText('1 indicator recognised').waitFor();
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await page.waitForURL(/#\/case\//);
  await page.getByText('complete', { exact: true }).waitFor({ timeout: 30_000 });
  await page.keyboard.press('j');
  await page.getByRole('row', { selected: true }).waitFor();
  await page.waitForURL(/sel=/);
  const address = page.url();
  await server.restart();
  await page.reload();
  await page.getByRole('row', { selected: true }).waitFor();
  assert.equal(page.url(), address);
  await page.getByRole('button', { name: /Continue|Resume/ }).click();
  const events = async (): Promise<number> =>
    ((await server.call(`/cases/${caseOf(page)}`)) as { case: { events: number } }).case.events;
  const had = await events();
  for (let n = 0; n < 300 && (await events()) <= had; n++) await page.waitForTimeout(100);
  await page.getByText('complete', { exact: true }).waitFor({ timeout: 30_000 });
  assert.ok((await events()) > had, 'continuing wrote nothing');
  await close();
});
