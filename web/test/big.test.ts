// A case as large as they come: its table scrolls, by wheel and by keyboard, and only
// what is in view exists. Frame times are a figure of the machine: they are asserted
// with CLEW_FRAMES=1, on one that has nothing else to do, and printed always.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { absent, big, browser, empty, frameTimes, perSecond, startFrames, visit, type Server } from './kit';

const skip = absent() || false;
const findings = 100_000;
let server: Server;
let chrome: Browser;
let id = '';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([empty(), browser()]);
  id = await big(server, findings);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

test('a table of 100,000 rows scrolls', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  page.setDefaultTimeout(30_000);
  await page.goto(`${server.origin}/#/case/${id}?bands=high,medium,low,coincidence`);
  const grid = page.getByRole('grid', { name: 'Findings' });
  // The first of them come at once, the others a little later.
  await page.locator(`[role="grid"][aria-rowcount="${String(findings + 1)}"]`).waitFor();

  await grid.hover();
  await startFrames(page);
  for (let n = 0; n < 60; n++) await page.mouse.wheel(0, 40 + n * n * 30);
  const times = await frameTimes(page);
  console.log(`scrolling ${String(findings)} rows: ${perSecond(times).toFixed(0)} frames a second`);
  if (process.env['CLEW_FRAMES']) assert.ok(perSecond(times) >= 30, `${perSecond(times).toFixed(1)} frames a second`);
  const there = await grid.evaluate((element) => element.scrollTop);
  assert.ok(there > 100_000, `scrolled to ${String(there)}`);
  const rows = page.getByRole('row');
  assert.ok((await rows.count()) < 100, 'rows out of view are there');

  await grid.focus();
  await page.keyboard.press('End');
  const last = page.locator(`[aria-rowindex="${String(findings + 1)}"]`);
  await last.waitFor();
  assert.equal(await last.getAttribute('aria-selected'), 'true');
  await page.keyboard.press('ArrowUp');
  await page.locator(`[aria-rowindex="${String(findings)}"][aria-selected="true"]`).waitFor();
  await page.keyboard.press('Home');
  await page.locator('[aria-rowindex="2"][aria-selected="true"]').waitFor();

  await page.getByRole('searchbox', { name: 'holding' }).fill('n099999');
  await page.getByText(`1 of ${findings.toLocaleString('en')} in view`).waitFor();
  fine();
  await close();
});
