// The views of a case but the graph: findings, the reasons of one, pivots, the
// record, and two people who work on the same case.
import assert from 'node:assert/strict';
import { mkdtemp, mkdir, rm, writeFile } from 'node:fs/promises';
import { after, before, test } from 'node:test';
import { tmpdir } from 'node:os';
import path from 'node:path';

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

/** at opens a view of a case. */
async function at(where = '', options: Parameters<typeof visit>[2] = {}, of = id): Promise<Visit> {
  const visited = await visit(chrome, server, options);
  await visited.page.goto(`${server.origin}/#/case/${of}${where}`);
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
  await page
    .getByText(/It hangs on /)
    .first()
    .waitFor();
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
  await page.getByRole('button', { name: 'undo', exact: true }).click();
  await page.getByText('Taken back.').waitFor();
  assert.equal((await find(value)).verdict, '');
  await page.getByRole('button', { name: '1 rejected' }).waitFor({ state: 'hidden' });
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

test('a value is rejected as a link from its line, for every case', { skip }, async () => {
  const { page, fine, close } = await at();
  await page
    .getByRole('row', { name: /lumapost24-customsaccess\[\.\]example/ })
    .first()
    .click();
  const line = page
    .getByRole('list', { name: 'Waterfall, in bits' })
    .getByRole('listitem')
    .filter({ hasText: 'token' });
  await line.first().getByRole('button', { name: 'reject this value' }).click();
  await page.getByLabel('Reason, for whoever reads the record').fill('a word of everybody');
  await page.getByLabel('everywhere: in every case').check();
  await page.getByRole('button', { name: 'Reject', exact: true }).click();
  await page.getByText('Rejected.').waitFor();
  const { items } = (await server.call(`/cases/${id}/log?type=rejected&order=newest&limit=1`)) as {
    items: { data: { about: { value: string }; relation: string; scope: string; reason: string } }[];
  };
  assert.deepEqual(items[0]?.data, {
    about: { kind: 'text', value: 'lumapost' },
    relation: 'token',
    reason: 'a word of everybody',
    scope: 'all',
  });
  await page.getByRole('button', { name: 'undo', exact: true }).click();
  await page.getByText('Taken back.').waitFor();
  fine();
  await close();
});

test('pivots: counted, rejected, reopened, followed, rolled back', { skip }, async () => {
  const { page, fine, close } = await at('?tab=pivots');
  await page.getByRole('button', { name: /rejected \d+/ }).click();
  await page.getByRole('grid', { name: 'Pivot points' }).waitFor();
  await page.keyboard.press('j');
  await page.getByRole('heading', { name: 'Before you follow it' }).waitFor();
  await page.getByText('No source would be asked.').waitFor();
  await accessible(page);
  await shot(page, 'case-pivots-light');

  await page.keyboard.press('e');
  await page.getByText('1 pivot followed by hand').waitFor({ timeout: 30_000 });
  await page.getByText('1 pivot followed by hand').click();
  await page.getByRole('button', { name: 'Roll back' }).click();
  await page.getByText('rolled back').waitFor();
  const after = (await server.call(`/cases/${id}`)) as { expansions: { state: string }[] };
  assert.deepEqual(
    after.expansions.map((x) => x.state),
    ['rolled-back'],
  );

  await page.getByRole('button', { name: /rejected \d+/ }).click();
  await page.getByRole('button', { name: /followed \d+/ }).click();
  await page.getByRole('row').nth(1).click();
  await page.keyboard.press('r');
  await page.getByLabel('Reason, for whoever reads the record').fill('seen enough');
  await page.keyboard.press('Enter');
  await page.getByText('Pivot rejected.').waitFor();
  await page.getByText('by the analyst').waitFor();
  await page.getByRole('button', { name: 'Reopen…' }).click();
  await page.getByLabel('Reason, for whoever reads the record').fill('not quite');
  await page.keyboard.press('Enter');
  await page.getByText('Pivot reopened.').waitFor();
  await page.getByText('by the analyst').waitFor({ state: 'hidden' });
  fine();
  await close();
});

test('the record: words, raw events, check, notes, tags', { skip }, async () => {
  const { page, fine, close } = await at('?tab=record');
  const events = page.getByRole('list', { name: 'Events of the record' }).getByRole('listitem');
  await events.nth(50).waitFor();
  await page.getByRole('button', { name: 'case opened' }).click();
  await page.getByText('1 to 1 of 1 event').waitFor();
  assert.match((await events.first().textContent()) ?? '', /lumapost24-redeliveryoffice\[\.\]example from demo/);
  await page.getByRole('button', { name: 'Event 1 as JSON' }).click();
  assert.match((await events.first().locator('pre').textContent()) ?? '', /"type": "opened"/);
  await accessible(page);
  await shot(page, 'case-record-light');

  await page.getByRole('link', { name: 'Check and pass on' }).click();
  const { case: it } = await doc();
  await page.getByLabel(/A head noted elsewhere/).fill(it.head);
  await page.getByRole('button', { name: 'Check every event' }).click();
  await page.getByText(/Sound: \d+ events/).waitFor();
  await page.getByLabel(/A head noted elsewhere/).fill('0'.repeat(64));
  await page.getByRole('button', { name: 'Check every event' }).click();
  await page.getByText('this is not the record it was taken from').waitFor();
  const [download] = await Promise.all([
    page.waitForEvent('download'),
    page.getByRole('link', { name: 'Download the bundle' }).click(),
  ]);
  assert.match(download.suggestedFilename(), /\.zip$/);

  await page.getByRole('link', { name: 'Notes and tags' }).click();
  await page
    .getByLabel('Note, in Markdown')
    .fill('**asked** the hoster <img src=x onerror=alert(1)> [x](https://evil.example)');
  await page.getByRole('button', { name: 'Preview' }).click();
  await page.locator('.preview strong', { hasText: 'asked' }).waitFor();
  await page.getByRole('button', { name: 'Write it into the record' }).click();
  await page.locator('article strong', { hasText: 'asked' }).waitFor();
  assert.equal(await page.locator('article img, article a').count(), 0);
  await page.getByLabel('Tags, with commas between').fill('Phishing, wave 3');
  await page.keyboard.press('Enter');
  await page.getByText('wave 3').first().waitFor();
  const { case: tagged } = (await server.call(`/cases/${id}`)) as { case: { tags: string[] } };
  assert.deepEqual(tagged.tags, ['phishing', 'wave 3']);
  await accessible(page);
  await shot(page, 'case-notes-light');
  fine();
  await close();
});

test('two people on one case see what the other does', { skip }, async () => {
  const [one, two] = await Promise.all([at('?sort=value'), at('?sort=value&rejected=1')]);
  await two.page.getByRole('grid', { name: 'Findings' }).waitFor();
  await one.page.keyboard.press('j');
  const row = one.page.getByRole('row', { selected: true });
  const value = (await row.locator('.value bdi').first().textContent()) ?? '';
  await one.page.keyboard.press('t');
  await one.page.getByLabel('Tags, with commas between').last().fill('panel');
  await one.page.keyboard.press('Enter');
  const theirs = two.page.getByRole('row').filter({ hasText: value }).first();
  await theirs.getByText('panel').waitFor();
  await two.page.reload();
  await theirs.getByText('panel').waitFor();
  await one.page.keyboard.press('r');
  await one.page.getByLabel('Reason, for whoever reads the record').fill('ours');
  await one.page.keyboard.press('Enter');
  await theirs.getByText('rejected: ours').waitFor();
  one.fine();
  two.fine();
  await Promise.all([one.close(), two.close()]);
});

/** recorded writes a hostile answer of crt.sh that a case can be replayed from. */
async function recorded(): Promise<string> {
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-replay-'));
  const certificate = {
    issuer_name: 'C=XX, O=<script>alert(1)</script>, CN=CA',
    common_name: 'evil.example',
    name_value: 'evil.example\npanel-of-evil.example',
    id: 7001,
    not_before: '2026-01-02T00:00:00',
    not_after: '2026-04-02T00:00:00',
    serial_number: '0a1b2c3d4e5f60718293a4b5c6d7e8f9',
  };
  const hostile = {
    note: '<img src=x onerror=alert(1)>\u202ehttp://evil.example/x\u200b' + 'é'.repeat(40_000) + 'END',
  };
  await mkdir(path.join(dir, 'crtsh'));
  await writeFile(path.join(dir, 'crtsh', 'reply.json'), JSON.stringify([certificate, hostile]));
  const row = {
    provider: 'crtsh',
    file: 'crtsh/reply.json',
    kind: 'recorded',
    method: 'GET',
    url: 'https://crt.sh/?output=json&q=evil.example',
    status: 200,
    recorded: '2026-03-01T00:00:00Z',
    headers: { 'Content-Type': 'application/json' },
  };
  await writeFile(path.join(dir, 'index.json'), JSON.stringify([row]));
  return dir;
}

test('a raw answer is shown as text, whatever it holds, and what was not asked is listed', { skip }, async () => {
  const dir = await recorded();
  // Most sources have no recorded answer: the command says so by its exit code.
  await server.command('investigate', 'evil.example', '--replay', dir).catch(() => '');
  await rm(dir, { recursive: true });
  const { items } = (await server.call('/cases?q=evil.example')) as { items: { id: string }[] };
  const { page, fine, close } = await at('?sel=domain+panel-of-evil.example', {}, items[0]?.id);
  const line = page
    .getByRole('list', { name: 'Waterfall, in bits' })
    .getByRole('listitem')
    .filter({ hasText: 'names' });
  await line.getByText(/2 of 360 M/).waitFor();
  await line.getByRole('button', { name: 'raw answer' }).click();
  const answer = page.getByLabel('The answer, as text');
  await answer.waitFor();
  const text = (await answer.textContent()) ?? '';
  assert.ok(text.includes('<img src=x onerror=alert(1)>'), text.slice(0, 600));
  assert.ok(text.includes('\\u{202e}hxxp://evil[.]example/x\\u{200b}'), text.slice(0, 600));
  assert.equal(await answer.locator('*').count(), 0);
  await page.getByText('crtsh').first().waitFor();
  await accessible(page);
  await shot(page, 'case-evidence-light');
  // A page never tears a character in two.
  let whole = text;
  while (await page.getByRole('button', { name: 'Next', exact: true }).isEnabled()) {
    const bytes = await page.getByText(/^bytes /).textContent();
    await page.getByRole('button', { name: 'Next', exact: true }).click();
    await page.getByText(bytes ?? '').waitFor({ state: 'hidden' });
    await answer.waitFor();
    whole += (await answer.textContent()) ?? '';
  }
  assert.ok(whole.includes('é'.repeat(40_000) + 'END'), 'a character was torn');
  await page.keyboard.press('Escape');

  await page.getByRole('tab', { name: 'Record' }).click();
  await page.getByRole('link', { name: 'Not asked, and why' }).click();
  await page.getByRole('cell', { name: 'not-recorded' }).first().waitFor();
  await accessible(page);
  await shot(page, 'case-gaps-light');
  fine();
  await close();
});
