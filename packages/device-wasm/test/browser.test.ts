/**
 * The device in a browser, bundled as a user would, on pages that may share memory and pages that may not.
 *
 * Skipped where there is no Chromium: on Debian, apt-get install chromium. The variable CHROMIUM demands the one at its path.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { build } from 'esbuild';
import { type BrowserContext, chromium } from 'playwright-core';
import { afterAll, beforeAll, beforeEach, describe, expect, it } from 'vitest';

const demanded = process.env['CHROMIUM'];
const executablePath = demanded ?? '/usr/bin/chromium';
const missing = `there is no ${executablePath} (on Debian: apt-get install chromium)`;
const packageFolder = fileURLToPath(new URL('..', import.meta.url));

/** What a user writes. It leaves what it found, or the error, in `outcome`. */
const userProgram = `
import { registerDeviceBackend } from '@sparse-transformers/backend';
import { createWasmDevice } from '@sparse-transformers/device-wasm';
import * as tf from '@tensorflow/tfjs-core';
window.multiply = async () => {
  registerDeviceBackend('sparse-wasm', await createWasmDevice());
  await tf.setBackend('sparse-wasm');
  const product = tf.matMul(tf.fill([200, 300], 2), tf.fill([300, 100], 0.5));
  return [product.shape, [...new Set(await product.data())]];
};
window.start = async (options) => {
  const device = await createWasmDevice(options);
  const count = 1_000_003;
  const address = device.allocate(count * 4);
  device.launch('fill_float', [address], [count, 2.5]);
  const numbers = new Float32Array(await device.download(address, count * 4));
  const { threads, description } = device;
  device.dispose();
  return { threads, description, isRight: numbers.every((number) => number === 2.5) };
};`;

interface Outcome {
  threads: number;
  description: string;
  isRight: boolean;
}

const isolated = {
  'Cross-Origin-Opener-Policy': 'same-origin',
  'Cross-Origin-Embedder-Policy': 'require-corp',
};

/** The pages of the server, by their paths, and their headers. */
const pages: Record<string, Record<string, string>> = {
  '/plain': {},
  '/isolated': isolated,
  '/strict': {
    ...isolated,
    'Content-Security-Policy': "default-src 'self'; script-src 'self' 'wasm-unsafe-eval'",
  },
};

declare module 'vitest' {
  interface TaskMeta {
    /** What the table of engines counts. */
    conformance?: { engine: string; suite: string; facts?: number };
  }
}

beforeEach(({ task }) => {
  task.meta.conformance = { engine: 'wasm in Chromium', suite: 'device' };
});

it('has a Chromium to run in', ({ skip }) => {
  if (existsSync(executablePath)) return;
  if (demanded) throw new Error(missing);
  skip(missing);
});

describe.runIf(existsSync(executablePath))('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'device-wasm-browser-'));
  let server: Server;
  let browser: BrowserContext;
  let origin: string;

  beforeAll(async () => {
    const bundle = await bundled();
    server = createServer(({ url = '/' }, response) => {
      const headers = pages[url];
      if (headers) response.writeHead(200, { ...headers, 'Content-Type': 'text/html' }).end(html);
      else if (url === '/assets/program.js')
        response.writeHead(200, { 'Content-Type': 'text/javascript' }).end(bundle);
      else answerWithModule(url, response);
    });
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    origin = `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
    browser = await chromium.launchPersistentContext(folder, { executablePath, args: chromiumFlags });
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  /** Runs the user's program on a page; gives what it found or the words of its error. */
  async function start(path: string, options: { threads?: number; wasmFolder?: string } = {}) {
    const page = await browser.newPage();
    try {
      await page.goto(origin + path);
      const started = `window.start(${JSON.stringify(options)}).catch((error) => String(error))`;
      return await page.evaluate<Outcome | string>(started);
    } finally {
      await page.close();
    }
  }

  it('multiplies matrices as a backend of TensorFlow.js', async () => {
    const page = await browser.newPage();
    await page.goto(`${origin}/isolated`);
    expect(await page.evaluate('window.multiply()')).toEqual([[200, 100], [300]]);
  });

  it('starts threads on a page that is cross-origin isolated', async () => {
    expect(await start('/isolated', { threads: 3 })).toMatchObject({
      threads: 3,
      description: expect.stringMatching(/^WebAssembly (simd|relaxed)-threads, 3 threads$/),
      isRight: true,
    });
  });

  it('has one thread on any other page, and says why', async () => {
    expect(await start('/plain', { threads: 3 })).toMatchObject({
      threads: 1,
      description: expect.stringMatching(
        /^WebAssembly (simd|relaxed), 1 thread: the page isn't cross-origin isolated$/,
      ),
      isRight: true,
    });
  });

  it('has a thread for each core unless told otherwise', async () => {
    const outcome = await start('/isolated');
    expect(outcome).toMatchObject({ isRight: true });
    expect((outcome as Outcome).threads).toBeGreaterThan(1);
  });

  it('finds its modules in a folder that is named', async () => {
    expect(await start('/plain', { wasmFolder: '/elsewhere/kernels' })).toMatchObject({ isRight: true });
  });

  it('says which module is missing, and the way out', async () => {
    expect(await start('/plain', { wasmFolder: '/nowhere' })).toMatch(
      /\/nowhere\/kernels-\w+\.wasm answers 404.*wasmFolder/,
    );
  });

  it('says what a page must allow where its workers are forbidden', async () => {
    expect(await start('/strict', { threads: 2 })).toMatch(
      /could not: the page's Content-Security-Policy must allow workers from blob: addresses.*threads: 1/,
    );
  });

  it('needs no worker on such a page for one thread', async () => {
    expect(await start('/strict', { threads: 1 })).toMatchObject({ threads: 1, isRight: true });
  });
});

const html =
  '<!doctype html><meta charset="utf-8"><title>Device</title><script type="module" src="/assets/program.js"></script>';

const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

async function bundled(): Promise<string> {
  const { outputFiles } = await build({
    stdin: { contents: userProgram, resolveDir: packageFolder, sourcefile: 'program.js' },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@sparse-transformers/source'],
    logLevel: 'error',
  });
  return outputFiles[0]!.text;
}

/** The modules lie beside the bundle's folder, as in the package, and once more where an option must name them. */
function answerWithModule(url: string, response: import('node:http').ServerResponse): void {
  const [, name] = /^\/(?:wasm|elsewhere\/kernels)\/(kernels-[\w-]+\.wasm)$/.exec(url) ?? [];
  if (name === undefined) response.writeHead(404).end();
  else
    response
      .writeHead(200, { 'Content-Type': 'application/wasm' })
      .end(readFileSync(join(packageFolder, 'wasm', name)));
}
