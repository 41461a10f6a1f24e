// What every test of the page needs: a clew of its own that serves a demo case,
// and a browser that notices whatever the page must not do.
import assert from 'node:assert/strict';
import { spawn, execFile, type ChildProcess } from 'node:child_process';
import { createSocket } from 'node:dgram';
import { once } from 'node:events';
import { mkdtemp, mkdir, readFile, rm, writeFile } from 'node:fs/promises';
import { existsSync } from 'node:fs';
import { createServer, type AddressInfo, type Socket } from 'node:net';
import { tmpdir } from 'node:os';
import path from 'node:path';
import { promisify } from 'node:util';

import {
  chromium,
  type Browser,
  type BrowserContext,
  type BrowserContextOptions,
  type Page,
  type Request,
} from 'playwright-core';

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

/** team serves an empty data directory to people with accounts. Its link makes the
 * first admin; `call` is nobody's. */
export async function team(): Promise<Server> {
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-page-'));
  return serve(path.join(dir, 'data'), dir, ['--accounts']);
}

/** A Person has an account at a server, and a session: what they ask as, and how a
 * browser is made theirs. */
export interface Person {
  name: string;
  call: (path: string, body?: unknown) => Promise<unknown>;
  /** tries gives the status of an answer, and what it says. */
  tries: (path: string, body?: unknown) => Promise<{ status: number; detail: string }>;
  signedIn: BrowserContextOptions;
}

export const password = 'grey heron over the quiet mill pond';

/** invited sets the password by a one-time link, which signs in. */
export async function invited(server: Server, link: string, name = ''): Promise<Person> {
  const secret = new URLSearchParams(link.split('?').at(-1)).get('link') ?? '';
  return begun(server, '/setup', { link: secret, ...(name ? { name } : {}), password });
}

/** signedIn is another session of somebody. */
export const signedIn = (server: Server, name: string): Promise<Person> =>
  begun(server, '/session', { name, password });

async function begun(server: Server, where: string, body: object): Promise<Person> {
  const ask = (path: string, cookie: string, sent?: unknown): Promise<Response> =>
    fetch(`${server.origin}/api/v1${path}`, {
      method: sent === undefined ? 'GET' : 'POST',
      headers: { Cookie: cookie, Origin: server.origin, 'Content-Type': 'application/json' },
      ...(sent === undefined ? {} : { body: JSON.stringify(sent) }),
    });
  const answer = await ask(where, '', body);
  const text = await answer.text();
  assert.ok(answer.ok, `${where}: ${String(answer.status)} ${text}`);
  const cookie = (answer.headers.getSetCookie()[0] ?? '').split(';')[0] ?? '';
  const [key = '', value = ''] = cookie.split('=', 2);
  const { hostname } = new URL(server.origin);
  return {
    name: (JSON.parse(text) as { name: string }).name,
    call: async (path, sent) => {
      const said = await ask(path, cookie, sent);
      const words = await said.text();
      assert.ok(said.ok, `${path}: ${String(said.status)} ${words}`);
      return JSON.parse(words) as unknown;
    },
    tries: async (path, sent) => {
      const said = await ask(path, cookie, sent);
      const { detail = '' } = (await said.json()) as { detail?: string };
      return { status: said.status, detail };
    },
    signedIn: {
      storageState: {
        cookies: [
          {
            name: key,
            value,
            domain: hostname,
            path: '/',
            expires: -1,
            httpOnly: true,
            secure: false,
            sameSite: 'Strict',
          },
        ],
        origins: [],
      },
    },
  };
}

/** A Held server asks providers that keep it waiting until they are let go. */
export interface Held extends Server {
  letGo: () => void;
}

/** held serves an empty data directory whose every source is led to this process,
 * where nobody answers: connections stay open, and are cut when they are let go. */
export async function held(): Promise<Held> {
  const dir = await mkdtemp(path.join(tmpdir(), 'clew-page-'));
  const sockets = new Set<Socket>();
  let gone = false;
  const silent = createServer((socket) => {
    sockets.add(socket);
    socket.on('error', () => sockets.delete(socket)).on('close', () => sockets.delete(socket));
    if (gone) socket.destroy();
  });
  silent.listen(0, '127.0.0.1');
  const names = createSocket('udp4').bind(0, '127.0.0.1');
  await Promise.all([once(silent, 'listening'), once(names, 'listening')]);
  const at = `127.0.0.1:${String((silent.address() as AddressInfo).port)}`;
  const { stdout } = await run(clew, ['--data', path.join(dir, 'data'), 'source', 'list', '--json']);
  const sources = stdout
    .split('\n')
    .filter(Boolean)
    .map((line) => (JSON.parse(line) as { name: string }).name);
  const whois = new Set(['whois', 'cymru']); // not by HTTP
  const config = path.join(dir, 'config.yaml');
  await writeFile(
    config,
    [
      `resolver: "127.0.0.1:${String(names.address().port)}"`,
      'sources:',
      ...sources.map(
        (name) => `  ${name}: {base_url: "${whois.has(name) ? `whois://${at}` : `https://${at}/{host}`}", every: 0s}`,
      ),
      '',
    ].join('\n'),
  );
  const server = await serve(path.join(dir, 'data'), dir, [], { config, offline: false });
  const letGo = (): void => {
    gone = true;
    for (const socket of sockets) socket.destroy();
  };
  return {
    ...server,
    letGo,
    stop: async () => {
      letGo();
      silent.close();
      names.close();
      await server.stop();
    },
  };
}

async function serve(
  data: string,
  dir: string,
  flags: string[],
  { config = '', offline = true } = {},
): Promise<Server> {
  const token = 'page-test-token-0123456789';
  const env = { ...process.env, CLEW_TOKEN: token, ...(config ? { CLEW_CONFIG: config } : {}) };
  let child: ChildProcess;
  let link = '';
  const begin = async (listen: string): Promise<string> => {
    child = spawn(clew, ['--data', data, 'serve', '--listen', listen, ...(offline ? ['--offline'] : []), ...flags], {
      env,
      stdio: ['ignore', 'pipe', 'pipe'],
    });
    let words = '';
    child.stderr?.on('data', (chunk: Buffer) => (words += chunk.toString()));
    return new Promise((resolve, reject) => {
      child.stdout?.on('data', (chunk: Buffer) => {
        const [whole, origin] = /^(http:\/\/[^/\s]+)\S*/.exec(chunk.toString()) ?? [];
        if (whole) link = whole;
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
    link: flags.includes('--accounts') ? link : `${origin}/?token=${token}`,
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
  /** quiet waits until nothing is asked any more but event streams, which do not end. */
  quiet: () => Promise<void>;
  close: () => Promise<void>;
}

export async function visit(browser: Browser, server: Server, options: BrowserContextOptions = {}): Promise<Visit> {
  const context = await browser.newContext({ viewport: { width: 1280, height: 800 }, ...options });
  await context.grantPermissions(['clipboard-read', 'clipboard-write'], { origin: server.origin });
  context.setDefaultTimeout(30_000); // machines that build meanwhile are slow
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
  const pending = new Set<Request>();
  page.on('request', (request) => {
    if (!request.url().endsWith('/events')) pending.add(request);
  });
  for (const ends of ['requestfinished', 'requestfailed'] as const)
    page.on(ends as 'requestfinished', (request) => pending.delete(request));
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
    quiet: async () => {
      do await page.evaluate('new Promise((next) => requestAnimationFrame(() => setTimeout(next)))');
      while (pending.size > 0);
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

/** big writes a case of so many findings beside a server, and gives its ID. */
export async function big(server: Server, findings: number): Promise<string> {
  const { stdout } = await run(
    'go',
    ['run', './web/test/bigcase', '-data', server.data, '-findings', String(findings)],
    { cwd: path.join(here, '..', '..') },
  );
  return stdout.trim();
}

/** startFrames has the browser note when it draws. As text: the compiler of the
 * tests would put its own helpers into a function. */
export async function startFrames(page: Page): Promise<void> {
  await page.evaluate(
    'globalThis.seen = []; cancelAnimationFrame(globalThis.next ?? 0);' +
      '(function step(now) { seen.push(now); next = requestAnimationFrame(step); })(performance.now())',
  );
}

/** frameTimes are the times between frames since startFrames, in ms, sorted. */
export async function frameTimes(page: Page): Promise<number[]> {
  const seen: number[] = await page.evaluate('globalThis.seen.splice(0)');
  return seen
    .slice(1)
    .map((now, i) => now - (seen[i] as number))
    .sort((a, b) => a - b);
}

export const perSecond = (times: number[]): number => (1000 * times.length) / times.reduce((a, b) => a + b, 0);
