// What changes for somebody while they look at the page: their role, how far they see,
// their sessions, and whether a case is shown to them at all.
import assert from 'node:assert/strict';
import { after, before, test } from 'node:test';
import { setTimeout } from 'node:timers/promises';

import type { Browser, Page } from 'playwright-core';

import { absent, accessible, browser, demo, invited, password, shot, signedIn, visit } from './kit';
import type { Person, Server, Visit } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let boss: Person;
let ana: Person; // an analyst
let pia: Person; // an approver
let id = ''; // of a case of boss, marked TLP:AMBER

async function added(name: string, role: string): Promise<Person> {
  const { link } = (await boss.call('/users', { name, role })) as { link: string };
  return invited(server, link);
}

/** caseOf opens a case about the demonstration's seed, and waits until it is complete. */
async function caseOf(who: Person): Promise<string> {
  const { items } = (await who.call('/cases')) as { items: { seeds: { value: string }[] }[] };
  const indicators = [items[0]?.seeds[0]?.value];
  const run = (await who.call('/investigations', { indicators, tlp: 'AMBER', offline: true })) as { id: string };
  for (;;) {
    const now = (await who.call(`/investigations/${run.id}`)) as { state: string; case: string };
    if (now.state === 'complete') return now.case;
    assert.ok(['waiting', 'running'].includes(now.state), now.state);
    await setTimeout(100);
  }
}

before(async () => {
  if (skip) return;
  [server, chrome] = await Promise.all([demo('--accounts'), browser()]);
  boss = await invited(server, server.link, 'boss');
  ana = await added('ana', 'analyst');
  pia = await added('pia', 'approver');
  id = await caseOf(boss);
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
});

/** roleIs waits until an admin's choice in a list has counted. */
async function roleIs(who: Person, role: string): Promise<void> {
  for (;;) {
    const { user } = (await who.call('/session')) as { user: { role: string } };
    if (user.role === role) return;
    await setTimeout(50);
  }
}

/** at opens the page as somebody, at an address of it. */
const at = (who: Person, where: string): Promise<Visit> =>
  visit(chrome, { ...server, link: `${server.origin}/#/${where}` }, who.signedIn);

/** chosen marks the first row that is to be decided on. */
async function chosen(page: Page): Promise<void> {
  await page.getByRole('tab', { name: 'Actions', selected: true }).waitFor();
  await page
    .getByRole('checkbox', { name: /^Choose / })
    .first()
    .check();
}

const actions = (): string => `case/${id}?tab=actions&act=proposed`;
const approve = (page: Page) => page.getByRole('button', { name: 'Approve…' });

/** tryAgain asks for the case again, unless the page did so by itself. */
async function tryAgain(page: Page): Promise<void> {
  await page
    .getByRole('button', { name: 'Try again' })
    .click({ timeout: 3_000 })
    .catch(() => undefined);
}

test('a role that an admin changes counts with the next request, and the page follows', { skip }, async () => {
  const theirs = await at(ana, actions());
  const { page } = theirs;
  await page.getByRole('link', { name: 'Your account: ana, analyst' }).waitFor();
  await chosen(page);
  assert.ok(await approve(page).isDisabled());
  assert.match((await approve(page).getAttribute('title')) ?? '', /your role, analyst, does not allow that/);
  await page.getByText('Approve, Revoke: your role, analyst, does not allow that').waitFor();
  const refused = await ana.tries(`/cases/${id}/actions`, { verb: 'approve', indicators: [], all: true });
  assert.equal(refused.status, 403);
  await shot(page, 'team-approve-refused');

  const admin = await at(boss, 'team');
  await admin.page.getByLabel('Role of ana').selectOption('approver');
  await admin.page.getByText('ana is changed, from the next request on.').waitFor();
  const may = ((await ana.call('/session')) as { permissions: string[] }).permissions;
  assert.ok(may.includes('approve'), may.join());
  await page.getByRole('link', { name: 'Cases', exact: true }).click();
  await page.getByRole('link', { name: 'Your account: ana, approver' }).waitFor();
  await page.goBack();
  await chosen(page);
  await approve(page).and(page.locator(':enabled')).waitFor();

  // Taken again while the page believes otherwise: what is refused makes it look.
  await admin.page.getByLabel('Role of ana').selectOption('viewer');
  await roleIs(ana, 'viewer');
  await page.getByRole('button', { name: 'Propose…' }).click();
  await page
    .getByRole('alert')
    .getByText(/your role, viewer, has no permission/)
    .waitFor();
  await page.getByRole('link', { name: 'Your account: ana, viewer' }).waitFor();
  await page.keyboard.press('Escape');
  await approve(page).and(page.locator(':disabled')).waitFor();
  await admin.page.getByLabel('Role of ana').selectOption('analyst');
  await roleIs(ana, 'analyst');
  theirs.fine();
  admin.fine();
  await Promise.all([theirs.close(), admin.close()]);
});

test('a ceiling below a case takes it from whoever has it open', { skip }, async () => {
  const theirs = await at(pia, actions());
  const { page } = theirs;
  await chosen(page);
  await approve(page).click();
  const dialog = page.getByRole('dialog', { name: /^Approve/ });
  await dialog
    .getByText(/would|nothing|change/)
    .first()
    .waitFor();

  const admin = await at(boss, 'team');
  await admin.page.getByLabel('The strictest TLP that pia sees').selectOption('CLEAR');
  await admin.page.getByText('pia is changed, from the next request on.').waitFor();
  const refused = await pia.tries(`/cases/${id}/actions`, { verb: 'approve', all: true });
  assert.equal(refused.status, 404, refused.detail);
  await page.getByRole('alert').getByText('The case could not be read.').waitFor();
  await page
    .getByText(/no such case|no case/)
    .first()
    .waitFor();
  assert.equal(await page.getByRole('tab').count(), 0, 'what the case holds is still on the screen');
  await accessible(page);
  await shot(page, 'team-case-gone');

  await admin.page.getByLabel('The strictest TLP that pia sees').selectOption('RED');
  await admin.page
    .getByRole('combobox', { name: 'The strictest TLP that pia sees' })
    .and(admin.page.locator(':enabled'))
    .waitFor();
  await tryAgain(page);
  await page.getByRole('tab', { name: 'Actions', selected: true }).waitFor();
  theirs.fine();
  admin.fine();
  await Promise.all([theirs.close(), admin.close()]);
});

test('nobody approves what they proposed; another does', { skip }, async () => {
  const theirs = await at(pia, actions());
  const { page } = theirs;
  await chosen(page);
  await page.getByRole('button', { name: 'Propose…' }).click();
  const propose = page.getByRole('dialog', { name: /^Propose/ });
  await propose.getByLabel('Do').selectOption('monitor'); // other than the policy says
  const proposes = propose.getByRole('button', { name: 'Propose', exact: true });
  assert.ok(await proposes.isDisabled());
  await propose.getByLabel('Reason, for the record (needed)').fill('a customer is on it until Monday');
  await proposes.click();
  await page.getByText('1 change recorded.').waitFor();

  await chosen(page);
  await approve(page).click();
  const dialog = page.getByRole('dialog', { name: /^Approve/ });
  await dialog.getByText('you proposed it: somebody else has to approve it').waitFor();
  assert.ok(await dialog.getByRole('button', { name: 'Approve', exact: true }).isDisabled());
  await accessible(page);
  await shot(page, 'team-approve-own');
  theirs.fine();
  await theirs.close();

  const other = await at(boss, actions());
  await chosen(other.page);
  await approve(other.page).click();
  await other.page
    .getByRole('dialog', { name: /^Approve/ })
    .getByRole('button', { name: 'Approve', exact: true })
    .click();
  await other.page.getByText('1 change recorded.').waitFor();
  other.fine();
  await other.close();
});

test('other sessions are listed and ended, and the ended one says so', { skip }, async () => {
  const elsewhere = await signedIn(server, 'ana');
  const open = await at(elsewhere, `case/${id}`);
  await open.page.getByRole('grid', { name: 'Findings' }).waitFor();
  const here = await at(ana, 'account');
  await here.page.getByText('this one').waitFor();
  const table = here.page.getByRole('region', { name: 'Where you are signed in' });
  assert.equal(await table.getByRole('row').count(), 3, 'a head and two sessions');
  await accessible(here.page);
  await here.page.getByRole('button', { name: 'Sign out everywhere else' }).click();
  await here.page.getByText('You are signed out everywhere else.').waitFor();
  await table.getByRole('row').nth(2).waitFor({ state: 'hidden' });
  await here.page.getByText('this one').waitFor();
  assert.equal(await table.getByRole('row').count(), 2);
  assert.equal((await elsewhere.tries('/cases')).status, 401);

  // The other page did nothing: its stream ended.
  await open.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  await open.page.getByText('Your session has ended').waitFor();
  await accessible(open.page);
  await shot(open.page, 'team-session-ended');
  await open.page.getByLabel('Name').fill('ana');
  await open.page.getByLabel('Password').fill(password);
  await open.page.getByRole('button', { name: 'Sign in' }).click();
  await open.page.getByRole('grid', { name: 'Findings' }).waitFor(); // where one was

  // Who signs out by hand is not told that.
  await open.page.getByRole('button', { name: 'Sign out', exact: true }).click();
  await open.page.getByRole('heading', { name: 'Sign in' }).waitFor();
  assert.equal(await open.page.getByText('Your session has ended').count(), 0);
  here.fine();
  open.fine();
  await Promise.all([here.close(), open.close()]);
});

test('a case is taken from who has it open, and given back', { skip }, async () => {
  const theirs = await at(ana, `case/${id}`);
  const { page } = theirs;
  await page.getByRole('grid', { name: 'Findings' }).waitFor();

  const owner = await at(boss, `case/${id}`);
  const access = async (as: string): Promise<void> => {
    await owner.page.getByRole('button', { name: /^(open to the team|restricted, \d+ members?)$/ }).click();
    const dialog = owner.page.getByRole('dialog');
    await dialog.getByRole('combobox', { name: /^Owner/ }).selectOption('boss');
    await dialog.getByLabel('restricted to its owner and these:').check();
    await dialog.getByLabel(/^ana /).selectOption(as);
    await dialog.getByRole('button', { name: 'Set it' }).click();
    await dialog.waitFor({ state: 'hidden' });
  };
  await access('does not see it');
  await page.getByRole('alert').getByText('The case could not be read.').waitFor();
  assert.equal(await page.getByRole('grid').count(), 0, 'the findings are still on the screen');
  assert.equal((await ana.tries(`/cases/${id}`)).status, 404);

  await access('sees it');
  await tryAgain(page);
  await page.getByRole('grid', { name: 'Findings' }).waitFor();
  await page.getByText('you may look, and change nothing').waitFor();
  const refused = await ana.tries(`/cases/${id}/notes`, { text: 'a remark' });
  assert.equal(refused.status, 403);

  await access('may change it');
  assert.equal((await ana.tries(`/cases/${id}/notes`, { text: 'a remark' })).status, 201);
  await page.getByText('you may look, and change nothing').waitFor({ state: 'hidden' });
  theirs.fine();
  owner.fine();
  await Promise.all([theirs.close(), owner.close()]);
});
