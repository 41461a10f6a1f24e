// How the graph moves with big cases: npm run bench. Frame times are between
// animation frames while the pointer drags, as the browser itself counts them.
import type { Page } from 'playwright-core';

import { absent, big, browser, empty, frameTimes, perSecond, shot, startFrames, visit } from './kit';

/** frames drags the pointer for some seconds and gives the frame times in ms, sorted. */
async function frames(page: Page, from: { x: number; y: number }, seconds: number): Promise<number[]> {
  await page.mouse.move(from.x, from.y);
  await page.mouse.down();
  await startFrames(page);
  const end = performance.now() + seconds * 1000;
  for (let k = 0; performance.now() < end; k++)
    await page.mouse.move(from.x + Math.sin(k / 9) * 160, from.y + Math.cos(k / 9) * 100 - 100);
  const times = await frameTimes(page);
  await page.mouse.up();
  return times;
}

const at = (sorted: number[], share: number): string => (sorted[Math.floor(sorted.length * share)] ?? 0).toFixed(0);

const words = (sorted: number[]): string =>
  `median ${at(sorted, 0.5)} ms, 95 % ${at(sorted, 0.95)} ms, ` + `${perSecond(sorted).toFixed(0)} frames/s`;

async function measure(findings: number, query: string, what: string): Promise<void> {
  const server = await empty();
  const chrome = await browser();
  try {
    const id = await big(server, findings);
    const { page, close } = await visit(chrome, server);
    page.setDefaultTimeout(180_000);
    const begun = performance.now();
    await page.goto(`${server.origin}/#/case/${id}?tab=graph${query}`);
    const picture = page.getByRole('application');
    await picture.waitFor();
    const there = performance.now();
    const label = (await picture.getAttribute('aria-label')) ?? '';
    await page.getByText('settling…').waitFor({ state: 'hidden' });
    const still = performance.now();
    await page.waitForTimeout(1000);
    await shot(page, `graph-big-${String(findings)}-${what}`);
    const box = await picture.boundingBox();
    if (!box) throw new Error('no picture');
    // A free corner moves the whole picture, the middle of a node that node.
    const pan = await frames(page, { x: box.x + 30, y: box.y + box.height - 30 }, 6);
    console.log(
      `${what}: ${label}; drawn after ${((there - begun) / 1000).toFixed(1)} s, still after ${((still - begun) / 1000).toFixed(1)} s; ` +
        `dragging all: ${words(pan)}`,
    );
    // The seed in the middle, all around it in view.
    await page.getByLabel('Find in the graph').fill('seed.example');
    await page.keyboard.press('Enter');
    await page.waitForTimeout(1500);
    await page.getByLabel('Find in the graph').fill('');
    for (let k = 0; k < 3; k++) {
      await page.getByRole('button', { name: 'Farther' }).click();
      await page.waitForTimeout(600);
    }
    const after = (await picture.boundingBox()) ?? box;
    const drag = await frames(page, { x: after.x + after.width / 2, y: after.y + after.height / 2 }, 6);
    console.log(`${what}: dragging one node: ${words(drag)}`);
    await close();
  } finally {
    await chrome.close();
    await server.stop();
  }
}

if (absent()) throw new Error(absent());
const all = '&bands=high,medium,low,coincidence';
for (const n of (process.env['SIZES'] ?? '5000,50000').split(',').map(Number)) {
  await measure(n, '', 'as it opens');
  await measure(n, all, 'every band');
  await measure(n, `${all}&crowds=0`, 'every band, no crowds');
}
