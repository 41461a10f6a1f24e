// What every test of the page needs: a clew of its own that serves a demo case,
// and a browser that notices whatever the page must not do.
import assert from 'node:assert/strict';
import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { mkdtemp, mkdir, readFile, rm } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import { chromium, type Browser, type BrowserContext, type BrowserContextOptions, type Page } from 'playwright-core';

const run = promisify(execFile);
const here = import.meta.dirname;

export const clew = process.env['CLEW_BIN'] ?? path.join(here, '..', '.build', 'clew');
export const chromiumPath = process.env['CHROMIUM'] ?? '/usr/bin/chromium';
export const shots = path.join(here, '..', 'shots');

/** absent says what is missing for these tests, "" when nothing is. */
export function absent(): string {
  if (!existsSync(clew)) return `no ${clew}: run make -C web test`;
  if (!existsSync(chromiumPath)) return `no ${chromiumPath}: apt-get install chromium, or name another with CHROMIUM`;
  return '';
}

/** A Server is one `clew serve` with its own data directory. */
export interface Server {
  link: string; // with the token
  origin: string;
  token: string;
  data: string;
  /** command runs clew beside the server, on the same data. */
  command: (...args: string[]) => Promise<string>;
  /** call asks the API as a script would. */
  call: (path: string, body?: unknown) => Promise<unknown>;
  /** restart stops the server and starts it anew on the same address and data. */
  restart: () => Promise<void>;
  stop: () => Promise<void>;
}

/** demo makes the bundled synthetic world with one investigated case, and serves it. */
export async function demo(...flags: string[]): Promise<Server> {
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-page-'));
  await run(clew, ['demo', '--dir', dir], { maxBuffer: 64 << 20 });
  return serve(path.join(dir, 'data'), dir, flags);
}

/** empty serves a data directory with nothing in it. */
export async function empty(...flags: string[]): Promise<Server> {
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-page-'));
  return serve(path.join(dir, 'data'), dir, flags);
}

async function serve(data: string, dir: string, flags: string[]): Promise<Server> {
  const token = 'page-test-token-0123456789';
  const env = { ...process.env, CLEW_TOKEN: token };
  let child: ChildProcess;
  const begin = async (listen: string): Promise<string> => {
    child = spawn(clew, ['--data', data, 'serve', '--listen', listen, '--offline', ...flags], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        const [, origin] = /^(http:\/\/\S+?)\/?\s/.exec(chunk.toString()) ?? [];
        if (origin) resolve(origin);
      });
      child.once('exit', (code) => {
        reject(new Error(`clew serve ended with ${String(code)}: ${words}`));
      });
    });
  };
  const end = async (): Promise<void> => {
    const ended = new Promise((resolve) => child.once('exit', resolve));
    child.kill('SIGINT');
    await ended;
  };
  const origin = await begin('127.0.0.1:0');
  return {
    origin,
    token,
    data,
    link: `${origin}/?token=${token}`,
    command: async (...args) => (await run(clew, ['--data', data, ...args], { maxBuffer: 64 << 20, env })).stdout,
    call: async (where, body) => {
      const answer = await fetch(`${origin}/api/v1${where}`, {
        method: body === undefined ? 'GET' : 'POST',
        headers: { Authorization: `Bearer ${token}`, 'Content-Type': 'application/json' },
        ...(body === undefined ? {} : { body: JSON.stringify(body) }),
      });
      const text = await answer.text();
      assert.ok(answer.ok, `${where}: ${String(answer.status)} ${text}`);
      return JSON.parse(text) as unknown;
    },
    restart: async () => {
      await end();
      await begin(origin.replace('http://', ''));
    },
    stop: async () => {
      await end();
      await rm(dir, { recursive: true, force: true });
    },
  };
}

export async function browser(): Promise<Browser> {
  return chromium.launch({
    executablePath: chromiumPath,
    args: ['--no-sandbox', '--use-gl=angle', '--use-angle=swiftshader', '--enable-unsafe-swiftshader'],
  });
}

/** A Visit is a browser window at the page. Whatever it must not do is in `wrong`. */
export interface Visit {
  page: Page;
  context: BrowserContext;
  wrong: string[];
  /** fine fails when the page logged an error, broke the policy, or reached out. */
  fine: () => void;
  close: () => Promise<void>;
}

export async function visit(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  context.setDefaultTimeout(10_000);
  const page = await context.newPage();
  const wrong: string[] = [];
  page.on('pageerror', (error) => wrong.push(`error: ${error.message}`));
  page.on('console', (message) => {
    if (message.type() === 'error' && !message.text().includes('status of 4')) wrong.push(`console: ${message.text()}`);
  });
  page.on('request', (request) => {
    const url = request.url();
    if (!url.startsWith(server.origin + '/') && !url.startsWith('data:') && !url.startsWith('blob:' + server.origin))
      wrong.push(`reached out: ${url}`);
  });
  page.on('dialog', (dialog) => {
    wrong.push(`dialog: ${dialog.message()}`);
    void dialog.dismiss();
  });
  await page.goto(server.link);
  return {
    page,
    context,
    wrong,
    fine: () => {
      assert.deepEqual(wrong, []);
    },
    close: () => context.close(),
  };
}

interface Axe {
  run: (
    root: Document,
    options: object,
  ) => Promise<{
    violations: { id: string; impact: string | null; nodes: { html: string; failureSummary?: string }[] }[];
  }>;
}

/** accessible fails when axe finds something serious. */
export async function accessible(page: Page): Promise<void> {
  const source = await readFile(path.join(here, '..', 'node_modules', 'axe-core', 'axe.min.js'), 'utf8');
  await page.evaluate(source); // by the debugger, which the page's policy does not bind
  const found = await page.evaluate(async () => {
    const { axe } = globalThis as unknown as { axe: Axe };
    const { violations } = await axe.run(document, {
      runOnly: ['wcag2a', 'wcag2aa', 'wcag21a', 'wcag21aa', 'best-practice'],
    });
    return violations
      .filter((v) => v.impact === 'serious' || v.impact === 'critical')
      .map(
        (v) =>
          `${v.id}: ${v.nodes
            .map((n) => `${n.html.slice(0, 200)} (${n.failureSummary ?? ''})`)
            .slice(0, 3)
            .join('\n')}`,
      );
  });
  assert.deepEqual(found, []);
}

/** shot keeps a picture for people to look at: web/shots/NAME.png. */
export async function shot(page: Page, name: string, fullPage = false): Promise<void> {
  await mkdir(shots, { recursive: true });
  await page.screenshot({ path: path.join(shots, `${name}.png`), fullPage });
}
