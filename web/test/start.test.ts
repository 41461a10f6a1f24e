// The start view: what is pasted is recognised, what it would cost is said before
// anything is asked, and a case opens.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';

import type { Browser } from 'playwright-core';

import { absent, accessible, browser, demo, shot, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo(), browser()]);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

async function seed(): Promise<string> {
  const { items } = (await server.call('/cases')) as { items: { seeds: { value: string }[] }[] };
  return items[0]?.seeds[0]?.value ?? '';
}

test('a defanged indicator is recognised, planned and followed', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  const value = await seed();
  await page.getByLabel('An indicator, or a report').fill(value.replaceAll('.', '[.]'));
  await page.getByText('1 indicator recognised').waitFor();
  await page.getByRole('button', { name: 'Show whom it would ask' }).click();
  await page.getByText('Nobody would be asked').waitFor();
  await accessible(page);
  await shot(page, 'start-light');
  await page.getByRole('button', { name: 'Go: open a case and ask' }).click();
  await page.waitForURL(/#\/case\//);
  await page.getByRole('tab', { name: 'Findings' }).waitFor();
  await page.getByRole('row').nth(3).waitFor();
  await accessible(page);
  await shot(page, 'case-light');
  fine();
  await close();
});

test('what is no indicator is said to be none', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server, { colorScheme: 'dark' });
  await page.getByLabel('An indicator, or a report').fill('nothing in here');
  await page.getByText('No indicator in it').waitFor();
  assert.equal(await page.getByRole('button', { name: 'Go', exact: true }).count(), 0);
  await accessible(page);
  await shot(page, 'start-dark');
  fine();
  await close();
});
