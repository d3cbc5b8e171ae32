/**
 * Kernels, layers and models in a real browser, on wasm and on webgpu (a GPU made of software, SwiftShader), with Node's results beside them.
 *
 * Skipped where there is no Chromium: on Debian, apt-get install chromium. The variable CHROMIUM demands the one at its path.
 */
import { existsSync, mkdtempSync, readFileSync, rmSync } from 'node:fs';
import { createServer, type Server } from 'node:http';
import type { AddressInfo } from 'node:net';
import { tmpdir } from 'node:os';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { useEngine } from '@sparse-transformers/engines';
import { errorWithin } from '@sparse-transformers/testing';
import { build } from 'esbuild';
import { type BrowserContext, chromium, type Page } from 'playwright-core';
import { afterAll, beforeAll, describe, expect, it } from 'vitest';
import { saveWeights } from '../src/index.ts';
import { config, type Findings, runProgram, text } from './browser/program.ts';
import { oracleLogits } from './model-oracle.ts';
import { randomModel } from './random-model.ts';

const demanded = process.env['CHROMIUM'];
const executablePath = demanded ?? '/usr/bin/chromium';
const missing = `there is no ${executablePath} (on Debian: apt-get install chromium)`;
const modules = fileURLToPath(new URL('../../device-wasm/wasm/', import.meta.url));

/** Without the third, there is no adapter; the fourth needs no GPU. */
const chromiumFlags = [
  '--no-sandbox',
  '--disable-quic',
  '--enable-unsafe-webgpu',
  '--use-webgpu-adapter=swiftshader',
  '--no-first-run',
  '--disable-background-networking',
  '--disable-component-update',
  '--disable-sync',
];

/** What a page runs. Small tensors must not be computed on the host, and an error of the GPU must not pass as zeros. */
const pageProgram = `
import { useEngine } from '@sparse-transformers/engines';
import * as tf from '@tensorflow/tfjs-core';
import { runProgram } from './program.ts';
window.run = async (name) => {
  const engine = await useEngine(name);
  if (name === 'webgpu') tf.env().set('WEBGPU_CPU_FORWARD', false);
  const errors = [];
  tf.backend().device?.addEventListener?.('uncapturederror', ({ error }) => errors.push(error.message));
  const file = new Uint8Array(await (await fetch('/weights.safetensors')).arrayBuffer());
  const findings = await runProgram(engine.backendName, file);
  return { ...findings, failing: [...findings.failing, ...errors] };
};
window.again = async (name) => {
  const engine = await useEngine(name);
  tf.removeBackend(engine.backendName);
  await useEngine(name);
  const sum = tf.tidy(() => tf.sum(tf.fill([30, 40], 2)));
  return [...(await sum.data())];
};
window.readAtOnce = async () => {
  await useEngine('webgpu');
  const made = tf.tensor1d([1, 2]);
  const computed = tf.add(tf.fill([2000], 3), 1);
  let words = '';
  try {
    computed.dataSync();
  } catch (error) {
    words = error.message;
  }
  return [[...made.dataSync()], words, (await computed.data())[1999]];
};`;

it('has a Chromium to run in', ({ skip }) => {
  if (existsSync(executablePath)) return;
  if (demanded) throw new Error(missing);
  skip(missing);
});

describe.runIf(existsSync(executablePath))('in Chromium', () => {
  const folder = mkdtempSync(join(tmpdir(), 'models-browser-'));
  let file: Uint8Array;
  let inNode: Findings;
  let exact: number[];
  let plain: number[];
  let server: Server;
  let browser: BrowserContext;
  let page: Page;

  beforeAll(async () => {
    const { backendName } = await useEngine('wasm');
    const model = randomModel(config);
    file = await saveWeights(model);
    [exact, plain] = [oracleLogits(model, text), oracleLogits(model, text, Math.fround)].map((rows) =>
      rows.flatMap((row) => [...row]),
    ) as [number[], number[]];
    inNode = await runProgram(backendName, file);
    server = createServer(await answers(file));
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve));
    browser = await chromium.launchPersistentContext(folder, { executablePath, args: chromiumFlags });
    page = await browser.newPage();
    await page.goto(`http://127.0.0.1:${(server.address() as AddressInfo).port}/`);
  });

  afterAll(async () => {
    await browser?.close();
    server?.close();
    rmSync(folder, { recursive: true, force: true });
  });

  it.each(['wasm', 'webgpu'])('all of it computes on %s as in Node', async (engine) => {
    const found = await page.evaluate<Findings>(`window.run('${engine}')`);
    expect(found.failing).toEqual([]);
    // On a GPU one fact less: see there.
    expect(found.holding).toBe(inNode.holding - (engine === 'webgpu' ? 1 : 0));
    errorWithin('logits', { actual: found.logits, exact, plain });
    found.losses.forEach((loss, step) => {
      expect(loss).toBeCloseTo(inNode.losses[step]!, 5);
    });
    const { likeliest, drawn, isSameFile, tensorsLeft } = inNode;
    expect(found).toMatchObject({ likeliest, drawn, isSameFile, tensorsLeft });
    expect([isSameFile, tensorsLeft]).toEqual([true, 0]);
  });

  it.each(['wasm', 'webgpu'])('%s starts again after its backend was removed', async (engine) => {
    expect(await page.evaluate(`window.again('${engine}')`)).toEqual([2400]);
  });

  it('a read that does not wait is an error on webgpu, and leaves the numbers as they are', async () => {
    expect(await page.evaluate('window.readAtOnce()')).toEqual([
      [1, 2],
      expect.stringMatching(
        /^dataSync: the engine 'webgpu' can't be read without waiting.*await tensor\.data\(\)/,
      ),
      4,
    ]);
  });
});

/** The page, its program bundled as a user would, the weights, and the WebAssembly modules. */
async function answers(file: Uint8Array): Promise<Parameters<typeof createServer>[1]> {
  const { outputFiles } = await build({
    stdin: {
      contents: pageProgram,
      resolveDir: fileURLToPath(new URL('browser', import.meta.url)),
      sourcefile: 'page.ts',
    },
    bundle: true,
    write: false,
    format: 'esm',
    platform: 'browser',
    conditions: ['@sparse-transformers/source'],
    logLevel: 'error',
  });
  const html =
    '<!doctype html><meta charset="utf-8"><script type="module" src="/assets/program.js"></script>';
  return ({ url = '/' }, response) => {
    const [, name] = /^\/wasm\/(kernels-[\w-]+\.wasm)$/.exec(url) ?? [];
    const isolated = {
      'Cross-Origin-Opener-Policy': 'same-origin',
      'Cross-Origin-Embedder-Policy': 'require-corp',
    };
    const send = (type: string, body: string | Uint8Array) =>
      response.writeHead(200, { ...isolated, 'Content-Type': type }).end(body);
    if (url === '/') send('text/html', html);
    else if (url === '/assets/program.js') send('text/javascript', outputFiles[0]!.text);
    else if (url === '/weights.safetensors') send('application/octet-stream', file);
    else if (name !== undefined) send('application/wasm', readFileSync(join(modules, name)));
    else response.writeHead(404).end();
  };
}
