// The views of a case but the graph: findings, the reasons of one, pivots, the
// record, and two people who work on the same case.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, shot, visit, type Server, type Visit } from './kit';

interface Finding {
  kind: string;
  value: string;
  band: string;
  bits: number;
  verdict: string;
  reason: string;
  factors: { bits: number; evidence: string[] }[];
}
interface Case {
  case: { id: string; head: string };
  findings: Finding[];
}

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let id = '';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo(), browser()]);
  const { items } = (await server.call('/cases')) as { items: { id: string }[] };
  id = items[0]?.id ?? '';
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

const doc = async (): Promise<Case> => (await server.call(`/cases/${id}`)) as Case;
const find = async (value: string): Promise<Finding> => {
  const found = (await doc()).findings.find((f) => f.value === value);
  assert.ok(found, `no finding ${value}`);
  return found;
};

/** at opens a view of the case. */
async function at(where = '', options: Parameters<typeof visit>[2] = {}): Promise<Visit> {
  const visited = await visit(chrome, server, options);
  await visited.page.goto(`${server.origin}/#/case/${id}${where}`);
  await visited.page.getByRole('tab', { name: 'Findings' }).waitFor();
  return visited;
}

const numbers = (page: Page, list: string): Promise<number[]> =>
  page
    .getByRole('list', { name: list, exact: true })
    .locator('li[data-bits]')
    .evaluateAll((lines) => lines.map((line) => Number((line as HTMLElement).dataset['bits'])));

test('the waterfall has the numbers of the API, and they add up', { skip }, async () => {
  const { page, fine, close } = await at();
  const row = page.getByRole('row', { name: /lumapost24-customsaccess\[\.\]example/ }).first();
  await row.click();
  const want = await find('lumapost24-customsaccess.example');
  await page.getByRole('heading', { name: 'What speaks for it, in bits' }).waitFor();
  assert.deepEqual(
    await numbers(page, 'Waterfall, in bits'),
    want.factors.map((f) => f.bits).filter((bits) => bits !== 0),
  );
  const total = await page.locator('[data-total]').evaluate((e) => Number((e as HTMLElement).dataset['total']));
  assert.ok(Math.abs(total - want.bits) < 1e-4, `total ${String(total)}, the API says ${String(want.bits)}`);
  const rest = page.getByRole('button', { name: /^the other/ }).first();
  if (await rest.count()) await rest.click();
  const nothing = want.factors.filter((f) => f.bits === 0).length;
  assert.equal((await numbers(page, 'Lines that count nothing')).length, nothing);
  await page.getByText(/It (hangs on|does not hang)/).waitFor();
  await accessible(page);
  await shot(page, 'case-why-light');
  fine();
  await close();
});

test('by keyboard: down, mark, reject with a reason', { skip }, async () => {
  const { page, fine, close } = await at('?sort=value', { colorScheme: 'dark' });
  await page.getByRole('grid', { name: 'Findings' }).waitFor();
  await page.keyboard.press('j');
  await page.keyboard.press('j');
  const selected = page.getByRole('row', { selected: true });
  await selected.waitFor();
  const before = await selected.getAttribute('id');
  await page.getByRole('grid', { name: 'Findings' }).focus();
  await page.keyboard.press('ArrowDown');
  assert.notEqual(await selected.getAttribute('id'), before);
  const value = (await selected.locator('.value bdi').textContent())?.replaceAll(/[[\]]/g, '') ?? '';
  await page.keyboard.press('Enter');
  await page.waitForFunction(() => document.activeElement?.id === 'why');
  await page.keyboard.press('Escape');
  await page.waitForFunction(() => document.activeElement?.id === 'findings');
  await shot(page, 'case-findings-dark');
  await page.keyboard.press('r');
  await page.getByLabel('Reason, for whoever reads the record').fill('our own proxy');
  await accessible(page);
  await page.keyboard.press('Enter');
  await page.getByText('Rejected.').waitFor();
  const judged = await find(value);
  assert.equal(judged.verdict, 'rejected');
  assert.equal(judged.reason, 'our own proxy');
  await page.getByRole('button', { name: '1 rejected' }).waitFor();
  await accessible(page);
  fine();
  await close();
});

test('what is copied is exact or defanged, as asked', { skip }, async () => {
  const { page, fine, close } = await at('?sort=value');
  await page.getByLabel('Mark all in view').click();
  await page.getByText(/\d+ marked findings/).waitFor();
  const values = (await doc()).findings
    .filter((f) => f.band !== 'coincidence' && f.verdict !== 'rejected')
    .map((f) => f.value)
    .sort();
  await page.getByRole('button', { name: 'Copy exact' }).first().click();
  await page.getByText('exactly as they are').waitFor();
  const copied = await page.evaluate(() => navigator.clipboard.readText());
  assert.deepEqual(copied.split('\n').sort(), values);
  await page.getByRole('button', { name: 'Copy defanged' }).first().click();
  await page.getByText(/Copied .*, defanged/).waitFor();
  assert.ok((await page.evaluate(() => navigator.clipboard.readText())).includes('[.]'));
  fine();
  await close();
});

test('on a narrow screen the list can be read, and why takes its place', { skip }, async () => {
  const { page, fine, close } = await at('', { viewport: { width: 390, height: 844 } });
  await page.getByRole('grid', { name: 'Findings' }).waitFor();
  await accessible(page);
  await shot(page, 'case-findings-390', true);
  await page.keyboard.press('j');
  await page.keyboard.press('w');
  await page.getByRole('button', { name: 'back to the table' }).waitFor();
  const wide = await page.evaluate(() => document.documentElement.scrollWidth);
  assert.ok(wide <= 390, `the page is ${String(wide)} pixels wide`);
  await accessible(page);
  await shot(page, 'case-why-390', true);
  fine();
  await close();
});
