// What is not for somebody is not offered to them: the page asks the API what who looks
// may do, in general and about each case, and is never refused.
import assert from 'node:assert/strict';
import { writeFile } from 'node:fs/promises';
import path from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, shot, team, visit, type Server, type Visit } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let boss: string; // the cookie of a session
let id: string;
const password = 'grey heron over the quiet mill pond';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([team(), browser()]);
  boss = await signsIn({ link: secretIn(server.link), name: 'boss', password });
  const names = ['c2', 'c3', 'c4', 'c5'].map((name) => `${name}.example.`);
  const file = path.join(server.data, '..', 'pdns.jsonl');
  const answers = ['evil.example.', ...names].flatMap((rrname) =>
    ['203.0.113.7', '198.51.100.9', '192.0.2.44'].map((rdata) => ({ rrname, rdata })),
  );
  const lines = answers.map((answer) =>
    JSON.stringify({
      ...answer,
      rrtype: 'A',
      time_first: 1767225600,
      time_last: 1769904000,
      count: 3,
    }),
  );
  await writeFile(file, lines.join('\n'));
  await server.command('import', 'cof', file);
  let run = (await ask(boss, '/investigations', { indicators: ['evil.example'] })) as Record<string, string>;
  while (run['state'] === 'running' || run['state'] === 'queued') {
    await new Promise((resolve) => setTimeout(resolve, 200));
    run = (await ask(boss, `/investigations/${run['id'] ?? ''}`)) as Record<string, string>;
  }
  id = run['case'] ?? '';
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

const secretIn = (link: string): string => new URLSearchParams(link.split('?')[1]).get('link') ?? '';

async function send(cookie: string, where: string, body?: unknown): Promise<Response> {
  return fetch(`${server.origin}/api/v1${where}`, {
    method: body === undefined ? 'GET' : 'POST',
    headers: { Cookie: cookie, 'Content-Type': 'application/json' },
    ...(body === undefined ? {} : { body: JSON.stringify(body) }),
  });
}
async function ask(cookie: string, where: string, body?: unknown): Promise<unknown> {
  const answer = await send(cookie, where, body);
  const text = await answer.text();
  assert.ok(answer.ok, `${where}: ${String(answer.status)} ${text}`);
  return JSON.parse(text) as unknown;
}
async function signsIn(by: { link: string; name?: string; password: string }): Promise<string> {
  const answer = await send('', '/setup', by);
  assert.ok(answer.ok, await answer.text());
  return (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
}

interface Colleague extends Visit {
  refused: string[]; // what the server refused to them
}

/** joins adds somebody to the team and opens the page as them. */
async function joins(name: string, role: string): Promise<Colleague> {
  const { link } = (await ask(boss, '/users', { name, role, ceiling: 'AMBER' })) as { link: string };
  const [cookie = '', value = ''] = (await signsIn({ link: secretIn(link), password })).split('=', 2);
  const them = await visit(chrome, { ...server, link: `${server.origin}/` });
  await them.context.addCookies([{ name: cookie, value, url: server.origin, sameSite: 'Strict' }]);
  const refused: string[] = [];
  them.page.on('response', (r) => {
    if (r.status() === 403) refused.push(r.url());
  });
  await them.page.reload();
  await them.page.getByRole('link', { name: `Your account: ${name}, ${role}` }).waitFor();
  return { ...them, refused };
}

const tabs = ['Findings', 'Graph', 'Pivots', 'Sightings', 'Actions', 'Record', 'Report'];
const orders =
  /^(✓ Accept…|✗ Reject…|Tag…|Tag|Continue|Resume|Follow|Follow it|Follow it again|expand|Undo|undo|roll back|Search|Write it into the record|reject this value…|What would fire now, and who would be told\?)$/;

/** changing are the buttons of a case that change something, over all its tabs. */
async function changing(page: Page): Promise<string[]> {
  await page.goto(`${server.origin}/#/case/${id}?bands=high,medium,low,coincidence`);
  const all: string[] = [];
  for (const tab of tabs) {
    await page.getByRole('tab', { name: tab }).click();
    await page.getByRole('tab', { name: tab, selected: true }).waitFor();
    if (tab === 'Findings') {
      await page.locator('#findings [role=row][id]').first().click();
      await page.getByText('What speaks for it, in bits').waitFor();
    }
    if (tab === 'Record') await page.getByRole('link', { name: 'Notes and tags' }).click();
    await page.waitForLoadState('networkidle').catch(() => undefined); // streams stay open
    for (const name of await page.getByRole('button', { name: orders }).allTextContents()) all.push(`${tab}: ${name}`);
  }
  return all;
}

test('a viewer is offered nothing that changes, and is refused nothing', { skip }, async () => {
  const { page, refused, fine, close } = await joins('vic', 'viewer');
  page.context().setDefaultTimeout(20_000);
  assert.deepEqual(await changing(page), []);
  await page.getByText('you may look, and change nothing: your role, viewer, does not allow that').waitFor();
  await page.getByRole('tab', { name: 'Findings' }).click();
  await page.keyboard.press('a');
  assert.equal(await page.locator('dialog[open]').count(), 0, 'a verdict is asked for');
  assert.equal(await page.getByRole('link', { name: 'Watch this case' }).count(), 0);
  await accessible(page);
  await shot(page, 'roles-viewer-light');
  await page.getByRole('tab', { name: 'Actions' }).click();
  await page.getByText('evil[.]example').first().waitFor();
  assert.equal(await page.getByRole('checkbox').count(), 0, 'an action can be chosen');
  await shot(page, 'roles-viewer-actions-light', true);
  await page.getByRole('tab', { name: 'Record' }).click();
  await page.getByRole('link', { name: 'Notes and tags' }).click();
  await page.getByText('No note yet.').waitFor();
  assert.equal(await page.locator('main textarea, main form').count(), 0, 'something can be written');

  await page.goto(`${server.origin}/#/corpus`);
  await page.getByRole('heading', { name: '1 import' }).waitFor();
  assert.equal(await page.locator('summary', { hasText: 'Import' }).count(), 0);
  await page.goto(`${server.origin}/#/sources`);
  await page.getByRole('button', { name: /crt\.sh/ }).click();
  assert.ok(await page.getByRole('button', { name: 'Ask it one harmless question' }).isDisabled());
  await page.goto(`${server.origin}/#/watches`);
  await page.getByText('No watch yet.').waitFor();
  assert.equal(await page.getByRole('link', { name: /Save/ }).count(), 0);
  await page.goto(`${server.origin}/#/watches/new`);
  await page.getByText('A watch cannot be saved: your role, viewer').waitFor();
  await page.goto(`${server.origin}/#/?q=c2.example`);
  await page.getByText('To open a case: your role, viewer, does not allow that.').waitFor();
  assert.ok(await page.getByRole('button', { name: 'Go', exact: true }).isDisabled());
  assert.deepEqual(refused, []);
  fine();
  await close();
});

test('an analyst works and does not approve; who only sees a case changes nothing in it', { skip }, async () => {
  const { page, refused, fine, close } = await joins('ana', 'analyst');
  page.context().setDefaultTimeout(20_000);
  const offered = await changing(page);
  for (const one of ['Findings: ✓ Accept…', 'Findings: Tag…', 'Record: Write it into the record', 'Sightings: Search'])
    assert.ok(offered.includes(one), `${one} is not among ${offered.join('; ')}`);
  await page.goto(`${server.origin}/#/case/${id}?tab=actions&act=none`);
  await page.getByRole('checkbox').nth(1).check();
  const bar = page.getByRole('group', { name: 'What to do with the chosen' });
  assert.ok(await bar.getByRole('button', { name: 'Propose…' }).isEnabled());
  assert.ok(await bar.getByRole('button', { name: 'Approve…' }).isDisabled());
  await bar.getByText('Approve, Revoke: your role, analyst, does not allow that').waitFor();
  await accessible(page);
  await shot(page, 'roles-analyst-actions-light', true);

  await ask(boss, `/cases/${id}/access`, {
    owner: 'boss',
    restricted: true,
    members: [{ user: 'ana', changes: false }],
  });
  await page.reload();
  await page.getByText('you see this case, and its owner did not let you change it').waitFor();
  assert.deepEqual(await changing(page), []);
  await page.setViewportSize({ width: 390, height: 844 });
  await page.emulateMedia({ colorScheme: 'dark' });
  await accessible(page);
  await shot(page, 'roles-only-sees-390', true);
  assert.deepEqual(refused, []);
  fine();
  await close();
});
