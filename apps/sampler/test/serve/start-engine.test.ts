import { existsSync, writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { fileURLToPath } from 'node:url';
import { expect, it } from 'vitest';
import { guard } from '../../src/serve/guard.ts';
import { CompletionServer } from '../../src/serve/http-server.ts';
import { serverMetrics } from '../../src/serve/server-metrics.ts';
import { startEngine } from '../../src/serve/start-engine.ts';
import { newFolder } from '../tiny-run.ts';
import { post, until } from './started-server.ts';

const repository = fileURLToPath(new URL('../../../..', import.meta.url));
const execArgv = ['--conditions=@sparse-transformers/source', '--import', `${repository}tools/source.mjs`];
const start = {
  run: 'none',
  engine: 'cpu',
  threads: undefined,
  limits: { batch: 4, promptTokens: 100 },
} as const;

it('answers /healthz and all else that needs no model while a forward pass runs; and tells when the model is gone', async () => {
  const folder = newFolder();
  const [blocked, goOn] = [join(folder, 'blocked'), join(folder, 'go-on')];
  process.env['SPARSE_TEST_FILES'] = `${blocked}\n${goOn}`;
  const program = new URL('./blocked-engine.ts', import.meta.url);
  const engine = await startEngine(start, { program, execArgv });
  const server = new CompletionServer({
    engine: engine.client,
    name: 'fake',
    limits: {
      bodyBytes: 1000,
      queue: 4,
      maxTokens: undefined,
      deadlineMs: 60_000,
      stallMs: 20_000,
      receiveMs: 10_000,
      unreadBytes: 1000,
    },
    guard: guard({ allowedHosts: [], allowedOrigins: [], apiKey: null }),
    metrics: serverMetrics(engine.client),
    log: undefined,
  });
  const url = `http://127.0.0.1:${await server.listen('127.0.0.1', 0)}`;
  const completion = post(url, { max_tokens: 3 });
  await until(() => existsSync(blocked));
  // The pass can't end before the file is there, so these come within it.
  expect((await fetch(`${url}/healthz`)).status).toBe(200);
  expect((await fetch(`${url}/metrics`)).status).toBe(200);
  expect((await post(url, { n: 0 })).status).toBe(400);
  writeFileSync(goOn, '');
  expect(await (await completion).json()).toMatchObject({ choices: [{ text: 'cde' }] });

  await engine.stop();
  expect(await engine.failed).toMatch(/ended with SIGKILL/);
  await server.stop(0);
});
