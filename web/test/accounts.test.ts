// A team with accounts: the first admin, the others, what each may, and what is kept
// of it. Alone on loopback nothing of this shows.
import assert from 'node:assert/strict';
import { createHmac } from 'node:crypto';
import { after, before, test } from 'node:test';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, empty, shot, team, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
const words = 'grey heron over the quiet mill pond';

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([team(), browser()]);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

async function setPassword(page: Page): Promise<void> {
  await page.getByLabel('Password', { exact: true }).fill(words);
  await page.getByLabel('The same again').fill(words);
}

async function signIn(page: Page, name: string, password = words): Promise<void> {
  await page.getByRole('heading', { name: 'Sign in' }).waitFor(); // and no other form with a name
  await page.getByLabel('Name').fill(name);
  await page.getByLabel('Password').fill(password);
  await page.getByRole('button', { name: 'Sign in' }).click();
}

async function opensCase(page: Page): Promise<string> {
  await page.goto(`${server.origin}/#/`);
  await page.getByLabel('An indicator, or a report').fill('evil[.]example');
  await page.getByText('1 indicator recognised').waitFor();
  await page.getByRole('button', { name: 'Go', exact: true }).click();
  await page.waitForURL(/#\/case\//);
  return /#\/case\/([^?]+)/.exec(page.url())?.[1] ?? '';
}

test('the first admin, another user, what they may, and the audit', { skip }, async () => {
  const boss = await visit(chrome, server); // by the one-time link
  const { page } = boss;
  await page.getByRole('heading', { name: 'The first account' }).waitFor();
  assert.ok(!page.url().includes('clew_one'), 'the address keeps the link');
  await accessible(page);
  await shot(page, 'account-setup-light');
  await page.getByLabel('Name').fill('boss');
  await page.getByLabel('Password', { exact: true }).fill(words);
  await page.getByLabel('The same again').fill(`${words}, nearly`);
  await page.getByText('The two are not the same.').waitFor();
  await setPassword(page);
  await page.getByRole('button', { name: 'Make it' }).click();
  await page.getByRole('link', { name: 'Your account: boss, admin' }).waitFor();
  const id = await opensCase(page);

  await page.getByRole('link', { name: 'Team' }).click();
  await page.getByLabel('Name').fill('ana');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const link = (await page.locator('code', { hasText: 'clew_one' }).textContent()) ?? '';
  assert.match(link, new RegExp(`^${server.origin}/#/setup\\?link=`));
  await accessible(page);
  await shot(page, 'team-users-light');
  await page.getByRole('button', { name: 'I have it' }).click();

  const ana = await visit(chrome, { ...server, link });
  await ana.page.getByRole('heading', { name: 'Set your password' }).waitFor();
  await setPassword(ana.page);
  await ana.page.getByRole('button', { name: 'Set it' }).click();
  await ana.page.getByRole('link', { name: 'Your account: ana, analyst' }).waitFor();
  assert.equal(await ana.page.getByRole('link', { name: 'Team' }).count(), 0);
  await ana.page.goto(`${server.origin}/#/team`);
  await ana.page.getByText('your role, analyst, does not allow that').waitFor();

  // To whom a case is open is said to every one of them.
  await ana.page.goto(`${server.origin}/#/case/${id}?tab=actions&act=`);
  await ana.page.getByRole('tab', { name: 'Actions', selected: true }).waitFor();
  await ana.page.getByRole('button', { name: 'open to the team' }).click();
  await ana.page.getByText('It belongs to boss.').waitFor();
  await ana.page.keyboard.press('Escape');

  // The owner keeps the case to themselves: it is gone for the other.
  await page.goto(`${server.origin}/#/case/${id}`);
  await page.getByRole('button', { name: 'open to the team' }).click();
  const dialog = page.getByRole('dialog');
  await dialog.getByLabel('restricted to its owner and these:').check();
  await accessible(page);
  await shot(page, 'case-access-light');
  await dialog.getByRole('button', { name: 'Set it' }).click();
  await page.getByRole('button', { name: 'restricted, 0 members' }).waitFor();
  await ana.page.goto(`${server.origin}/#/cases`);
  await ana.page.getByText('No case yet.').waitFor();

  await page.goto(`${server.origin}/#/team/audit`);
  await page.getByRole('cell', { name: 'access', exact: true }).first().waitFor();
  await page.getByLabel('actor').fill('ana');
  await page.keyboard.press('Enter');
  await page.waitForURL(/actor=ana/);
  await page.getByRole('cell', { name: 'access', exact: true }).waitFor({ state: 'hidden' });
  await page.getByRole('cell', { name: 'setup' }).first().waitFor();
  await accessible(page);
  await shot(page, 'team-audit-light');

  // Disabled: the next request of theirs ends it.
  await page.getByRole('link', { name: 'Users' }).click();
  await page.getByRole('button', { name: 'Disable ana' }).click();
  await page.getByText('disabled', { exact: true }).waitFor();
  await ana.page.reload();
  await ana.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  boss.fine();
  ana.fine();
  await Promise.all([boss.close(), ana.close()]);
});

test('sign in, a token shown once, sign out; the address is kept', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, { ...server, link: `${server.origin}/#/account` });
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await page.getByRole('navigation').getByRole('link').count(), 0);
  await accessible(page);
  await shot(page, 'account-door-light');
  await signIn(page, 'boss', 'not the password at all');
  await page.getByText(/name or password are wrong/).waitFor();
  await signIn(page, 'boss');
  await page.getByRole('heading', { name: 'Your account' }).waitFor();
  await page.getByText('this one').waitFor();

  await page.getByLabel('Name, after what will use it').fill('a script');
  await page.getByRole('button', { name: 'Make a token' }).click();
  const secret =
    (await page
      .locator('code', { hasText: /^clew_/ })
      .first()
      .textContent()) ?? '';
  await accessible(page);
  await shot(page, 'account-own-light', true);
  const asked = async (): Promise<number> =>
    (await fetch(`${server.origin}/api/v1/cases`, { headers: { Authorization: `Bearer ${secret}` } })).status;
  assert.equal(await asked(), 200);
  await page.getByRole('button', { name: 'I have it' }).click();
  assert.equal(await page.getByText(secret).count(), 0);
  await page.getByRole('button', { name: 'Revoke a script' }).click();
  await page.getByText('There is none.').waitFor();
  assert.equal(await asked(), 401);

  await page.emulateMedia({ colorScheme: 'dark' });
  await page.goto(`${server.origin}/#/team/users`);
  await page.getByRole('button', { name: 'Enable ana' }).waitFor();
  await shot(page, 'team-users-dark');
  await page.setViewportSize({ width: 390, height: 844 });
  await accessible(page);
  await shot(page, 'team-users-390', true);
  await page.goto(`${server.origin}/#/account`);
  await page.getByText('this one').waitFor();
  await shot(page, 'account-own-390', true);
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await shot(page, 'account-door-390');
  fine();
  await close();
});

test('a case that is not there is asked for once, and said once', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, { ...server, link: `${server.origin}/#/cases` });
  await signIn(page, 'boss');
  await page.getByRole('link', { name: /^Your account: boss/ }).waitFor();
  let asked = 0;
  page.on('request', (request) => (asked += request.url().includes('/cases/20250101-none') ? 1 : 0));
  await page.goto(`${server.origin}/#/case/20250101-none`);
  await page.getByRole('alert').getByText('The case could not be read.').waitFor();
  await page.waitForTimeout(2_000); // as long as nothing is to happen
  assert.ok(asked <= 3, `${String(asked)} requests for it`); // itself, what one may of it, its events
  assert.equal(await page.getByText('no such case').count(), 1);
  fine();
  await close();
});

test('who signed out is not made to wait, and the browser keeps no answer', { skip }, async () => {
  const { page, wrong, close } = await visit(chrome, { ...server, link: `${server.origin}/#/cases` });
  await signIn(page, 'boss');
  await page.getByText('1 case', { exact: true }).waitFor();
  const kept = (): Promise<boolean> =>
    page.evaluate(() =>
      fetch('/api/v1/cases?limit=500', { cache: 'only-if-cached', mode: 'same-origin' }).then(
        ({ ok }) => ok,
        () => false,
      ),
    );
  assert.ok(await kept(), 'nothing is kept that could be forgotten');
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await page.getByRole('heading', { name: 'Sign in' }).waitFor();
  for (let waited = 0; await kept(); waited++) {
    assert.ok(waited < 100, 'it is kept for ten seconds');
    await page.waitForTimeout(100);
  }
  assert.deepEqual(
    wrong.filter((line) => !line.includes('ERR_CACHE_MISS')), // what is looked for, and not there
    [],
  );
  await close();
});

test('alone on loopback nobody signs in, and nothing of it shows', { skip }, async () => {
  const alone = await empty();
  const { page, fine, close } = await visit(chrome, alone);
  await page.getByLabel('An indicator, or a report').waitFor();
  for (const name of ['Sign out', 'Team', /Your account/])
    assert.equal(await page.getByText(name, typeof name === 'string' ? { exact: true } : {}).count(), 0);
  fine();
  await close();
  await alone.stop();
});

// What an authenticator app shows (RFC 6238).
function codeOf(key: string, step: number): string {
  const alphabet = 'ABCDEFGHIJKLMNOPQRSTUVWXYZ234567';
  const bits = [...key.replace(/ /g, '')].map((c) => alphabet.indexOf(c).toString(2).padStart(5, '0')).join('');
  const secret = Buffer.from(bits.match(/.{8}/g)?.map((byte) => parseInt(byte, 2)) ?? []);
  const counter = Buffer.alloc(8);
  counter.writeBigUInt64BE(BigInt(step));
  const mac = createHmac('sha1', secret).update(counter).digest();
  const at = (mac[19] ?? 0) & 15;
  return String((mac.readUInt32BE(at) & 0x7fffffff) % 1_000_000).padStart(6, '0');
}

test('a second factor: set up, asked for, required, and taken away', { skip }, async () => {
  const step = (): number => Math.floor(Date.now() / 30_000);
  const boss = await visit(chrome, { ...server, link: `${server.origin}/#/account` });
  const { page } = boss;
  await signIn(page, 'boss');
  await page.getByRole('heading', { name: 'Second factor' }).waitFor();
  await page.getByLabel('Your password').fill(words);
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByRole('img', { name: 'The key as a picture' }).waitFor();
  await accessible(page);
  await shot(page, 'account-second-factor-light');
  const key = (await page.locator('form code').textContent()) ?? '';
  await page.getByLabel('The code that the app shows').fill(codeOf(key, step() - 1));
  await page.getByRole('button', { name: 'Set it up' }).click();
  await page.getByText('Codes for recovery.', { exact: true }).waitFor();
  const spare = (await page.locator('ol code').first().textContent()) ?? '';
  await accessible(page);
  await page.getByRole('button', { name: 'I have them' }).click();
  await page.getByText('10 codes for recovery are left').waitFor();
  await page.getByRole('button', { name: 'Sign out', exact: true }).click();

  await signIn(page, 'boss');
  await page.getByRole('heading', { name: 'One more step' }).waitFor();
  await accessible(page);
  await shot(page, 'account-second-step-light');
  await page.reload(); // the first step outlives it
  const code = page.getByLabel('The code that your app shows');
  await code.fill('000000');
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByText('the code is wrong').waitFor();
  await code.fill(codeOf(key, step()));
  await page.getByRole('button', { name: 'Sign in' }).click();
  await page.getByRole('link', { name: 'Your account: boss, admin' }).waitFor();

  // Required of analysts: eve has none, and sets it up before she is in.
  await page.goto(`${server.origin}/#/team`);
  await page.getByText('with a password and a code').waitFor();
  await page.getByLabel('Name').fill('eve');
  await page.getByRole('button', { name: 'Add', exact: true }).click();
  const link = (await page.locator('code', { hasText: 'clew_one' }).textContent()) ?? '';
  await page.getByRole('button', { name: 'I have it' }).click();
  await page.getByRole('group', { name: 'A second factor must be had by' }).getByLabel('analyst').check();
  await page.getByText('A second factor must be had by: analyst.').waitFor();
  const eve = await visit(chrome, { ...server, link });
  await setPassword(eve.page);
  await eve.page.getByRole('button', { name: 'Set it' }).click();
  await eve.page.getByRole('heading', { name: 'Set up a second factor' }).waitFor();
  await eve.page.getByRole('button', { name: 'Begin' }).click();
  const hers = (await eve.page.locator('form code').textContent()) ?? '';
  await accessible(eve.page);
  await eve.page.getByLabel('The code that the app shows').fill(codeOf(hers, step()));
  await eve.page.getByRole('button', { name: 'Set it up' }).click();
  await eve.page.getByRole('button', { name: 'I have them' }).click();
  await eve.page.getByRole('link', { name: 'Your account: eve, analyst' }).waitFor();

  await page.reload();
  await page.getByRole('button', { name: 'Take the second factor of eve away' }).click();
  await page.getByText('eve has no second factor any more').waitFor();
  await eve.page.reload();
  await eve.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  const rule = page.getByRole('group', { name: 'A second factor must be had by' }).getByLabel('analyst');
  await rule.uncheck();
  await page.getByText('Nobody has to have a second factor.').waitFor();

  // The app is gone: a code for recovery does, and takes the factor away.
  await page.goto(`${server.origin}/#/account`);
  await page.getByLabel('Your password').fill(words);
  await page.getByLabel('A code of the app, or one for recovery').fill(spare);
  await page.getByRole('button', { name: 'Do without it' }).click();
  await page.getByText('You sign in with the password alone again.').waitFor();
  boss.fine();
  eve.fine();
  await Promise.all([boss.close(), eve.close()]);
});
