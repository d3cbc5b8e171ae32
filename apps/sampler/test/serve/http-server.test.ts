import { request } from 'node:http';
import { describe, expect, it } from 'vitest';
import { fakeModel } from './fake-model.ts';
import {
  bodyOf,
  dial,
  errorOf,
  eventsOf,
  headOf,
  post,
  readAll,
  startServer,
  until,
} from './started-server.ts';

describe('an answer', () => {
  it('has the form of a completion', async () => {
    const { url } = await startServer();
    const response = await post(url, { max_tokens: 3, logprobs: 1 });
    const body = (await response.json()) as { id: string; created: number };
    expect(response.headers.get('content-type')).toBe('application/json; charset=utf-8');
    expect(body).toMatchObject({
      object: 'text_completion',
      model: 'fake',
      choices: [{ text: 'cde', index: 0, finish_reason: 'length' }],
      usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 },
    });
    expect(body.id).toMatch(/^cmpl-/);
    expect(body.id.slice('cmpl-'.length)).toBe(response.headers.get('x-request-id'));
  });

  it('comes in events, a token each, if a stream is asked for', async () => {
    const { url } = await startServer();
    const response = await post(url, {
      max_tokens: 3,
      stream: true,
      stream_options: { include_usage: true },
    });
    expect(response.headers.get('content-type')).toBe('text/event-stream; charset=utf-8');
    const events = eventsOf(await response.text());
    const chunk = (text: string, finish: string | null) => ({
      choices: [{ text, index: 0, logprobs: null, finish_reason: finish }],
      usage: null,
    });
    expect(events).toMatchObject([
      chunk('c', null),
      chunk('d', null),
      chunk('e', 'length'),
      { choices: [], usage: { prompt_tokens: 2, completion_tokens: 3, total_tokens: 5 } },
      '[DONE]',
    ]);
  });

  it('of one request joins those of others in the same steps', async () => {
    const { url, model, client, release } = await startServer({ isHeld: true });
    const answers = [post(url, { max_tokens: 5 }), post(url, { max_tokens: 5, prompt: 'x' })];
    await until(() => client.waiting === 2);
    release();
    const texts = (await Promise.all((await Promise.all(answers)).map((answer) => answer.json()))) as {
      choices: { text: string }[];
    }[];
    expect(texts.map(({ choices }) => choices[0]!.text)).toEqual(['cdefg', 'yz .a']);
    expect(model.calls.step).toContain(2);
  });
});

describe('an error', () => {
  it.each([
    [404, '/v1/chat/completions', { method: 'POST' }],
    [404, '/', {}],
    [404, '/v1/models/other', {}],
    [404, '/v1/models/%ff', {}],
    [405, '/v1/completions', {}],
    [405, '/healthz', { method: 'POST' }],
    [415, '/v1/completions', { method: 'POST', body: bodyOf(), headers: { 'content-type': 'text/plain' } }],
    [
      415,
      '/v1/completions',
      {
        method: 'POST',
        body: bodyOf(),
        headers: { 'content-type': 'application/json', 'content-encoding': 'gzip' },
      },
    ],
    [400, '/v1/completions', { method: 'POST', body: '{', headers: { 'content-type': 'application/json' } }],
    [
      400,
      '/v1/completions',
      { method: 'POST', body: '['.repeat(9000), headers: { 'content-type': 'application/json' } },
    ],
    [403, '/healthz', { headers: { origin: 'http://evil.example' } }],
  ])('has status %i at %s', async (status, path, init) => {
    const { url } = await startServer();
    expect(await errorOf(await fetch(url + path, init))).toMatchObject({ status });
  });

  it('of a field, and of its tokens, names it', async () => {
    const { url, model } = await startServer();
    expect(await errorOf(await post(url, { best_of: 5 }))).toMatchObject({ status: 400, param: 'best_of' });
    expect(await errorOf(await post(url, { prompt: 'É', stream: true }))).toMatchObject({
      status: 400,
      param: 'prompt',
    });
    expect(model.calls.open).toEqual([]);
  });

  it.each(['/v1/chat/completions', '/chat/completions', '/v1/responses', '/v1/chat/completions?a=b'])(
    'at %s says what there is instead',
    async (path) => {
      const { url } = await startServer();
      const error = await errorOf(await fetch(url + path, { method: 'POST', body: '{}' }));
      expect(error).toMatchObject({
        status: 404,
        message: expect.stringMatching(/has no chat.*as prompt to POST \/v1\/completions/),
      });
    },
  );

  it('of the method says which one is taken', async () => {
    const { url } = await startServer();
    expect((await fetch(`${url}/v1/completions`)).headers.get('allow')).toBe('POST');
  });

  it('of the model comes as an error, or as an event within a stream', async () => {
    const { url, model } = await startServer();
    model.beforeStep = () => {
      if (model.calls.step.length === 2) throw new Error('out of memory');
    };
    const events = eventsOf(await (await post(url, { max_tokens: 9, stream: true })).text());
    expect(events.slice(0, -1)).toHaveLength(3);
    expect(events.at(-1)).toMatchObject({ error: { type: 'server_error', code: 'model_failed' } });
    expect(await errorOf(await post(url, { max_tokens: 9 }))).toMatchObject({
      status: 500,
      code: 'model_failed',
    });
  });

  it('of a model that ended is 503, also for health', async () => {
    const { url, client, release } = await startServer({ isHeld: true });
    const waiting = post(url);
    await until(() => client.open === 1);
    client.fail('gone');
    expect(await errorOf(await waiting)).toMatchObject({ status: 503, code: 'model_failed' });
    expect(await errorOf(await post(url))).toMatchObject({ status: 503, code: 'model_failed' });
    expect((await fetch(`${url}/healthz`)).status).toBe(503);
    release();
  });
});

describe('who may ask', () => {
  it('is asked for a key everywhere but at /healthz', async () => {
    const { url } = await startServer({ apiKey: 'ours' });
    expect(await errorOf(await post(url))).toMatchObject({ status: 401, code: 'invalid_api_key' });
    expect((await fetch(`${url}/metrics`)).status).toBe(401);
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
    const headers = { authorization: 'Bearer ours' };
    expect((await post(url, {}, { headers })).status).toBe(200);
    expect((await fetch(`${url}/metrics`, { headers })).status).toBe(200);
  });

  it('can not be a page that came by rebinding', async () => {
    const { port } = await startServer();
    const status = await new Promise((resolve) => {
      request({ port, path: '/healthz', headers: { host: 'evil.example' } }, (response) => {
        response.resume();
        resolve(response.statusCode);
      }).end();
    });
    expect(status).toBe(403);
  });

  it('is answered before asking, if it is a page of an allowed origin', async () => {
    const { url } = await startServer({ allowedOrigins: ['https://ours.example'], apiKey: 'ours' });
    const preflight = (origin: string) =>
      fetch(`${url}/v1/completions`, {
        method: 'OPTIONS',
        headers: {
          origin,
          'access-control-request-method': 'POST',
          'access-control-request-headers': 'authorization',
        },
      });
    const yes = await preflight('https://ours.example');
    expect(yes.status).toBe(204);
    expect(yes.headers.get('access-control-allow-origin')).toBe('https://ours.example');
    expect(yes.headers.get('access-control-allow-headers')).toBe('authorization');
    const no = await preflight('https://evil.example');
    expect([no.status, no.headers.get('access-control-allow-origin')]).toEqual([403, null]);
    // Errors can be read by the page, too.
    const wrong = await post(url, {}, { headers: { origin: 'https://ours.example' } });
    expect([wrong.status, wrong.headers.get('access-control-allow-origin')]).toEqual([
      401,
      'https://ours.example',
    ]);
  });
});

describe('limits', () => {
  it('refuse a body by its length before it comes', async () => {
    const { port } = await startServer();
    const socket = await dial(port);
    socket.write(headOf(port, ['Content-Length: 10001', 'Expect: 100-continue']));
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(first.toString()).toMatch(/^HTTP\/1.1 413 /);
  });

  it('refuse a body without a length as soon as it is too long', async () => {
    const { port } = await startServer();
    const socket = await dial(port);
    socket.write(headOf(port, ['Transfer-Encoding: chunked']));
    socket.write(`${(10_001).toString(16)}\r\n${'x'.repeat(10_001)}\r\n`);
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(first.toString()).toMatch(/^HTTP\/1.1 413 /);
  });

  it('let a client that sends far too much see why it is refused', async () => {
    const { url } = await startServer();
    const response = await post(url, { prompt: 'x'.repeat(2_000_000) });
    expect(await errorOf(response)).toMatchObject({ status: 413 });
  });

  it('leave a client that goes on sending what was refused', async () => {
    const { port } = await startServer();
    const socket = await dial(port);
    socket.resume();
    socket.write(headOf(port, ['Content-Length: 1000000000']));
    const piece = Buffer.alloc(2 ** 20);
    let pieces = 0;
    while (!socket.destroyed && pieces < 100) {
      pieces++;
      await new Promise((resolve) => socket.write(piece, resolve));
    }
    expect(pieces).toBeLessThan(100);
  });

  it('ask for a body that is not too long, if the client waits for that', async () => {
    const { port } = await startServer();
    const socket = await dial(port);
    const body = bodyOf();
    socket.write(
      headOf(port, [`Content-Length: ${body.length}`, 'Expect: 100-continue', 'Connection: close']),
    );
    const first = await new Promise<Buffer>((resolve) => socket.once('data', resolve));
    expect(first.toString()).toMatch(/^HTTP\/1.1 100 /);
    socket.write(body);
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 200 /);
  });

  it('refuse more requests than may wait, and say when to come again', async () => {
    const { url, client, release } = await startServer({ isHeld: true, queue: 2 });
    const waiting = [post(url), post(url)];
    await until(() => client.waiting === 2);
    const refused = await post(url);
    expect(refused.headers.get('retry-after')).toBe('1');
    expect(await errorOf(refused)).toMatchObject({ status: 429, code: 'queue_full' });
    release();
    expect((await Promise.all(waiting)).map(({ status }) => status)).toEqual([200, 200]);
    expect((await post(url)).status).toBe(200);
  });

  it('refuse a client that sends its headers or its body too slowly', async () => {
    const { port } = await startServer({ receiveMs: 20 });
    for (const beginning of ['POST /v1/comp', `${headOf(port, ['Content-Length: 100'])}{"model"`]) {
      const socket = await dial(port);
      socket.write(beginning);
      const answer = await readAll(socket);
      expect(answer).toMatch(/^HTTP\/1.1 408 /);
      expect(answer).toContain('"type":"invalid_request_error"');
    }
  });

  it('refuse what is no HTTP, and headers that are too large', async () => {
    const { port } = await startServer();
    const socket = await dial(port);
    socket.write('hello\r\n\r\n');
    expect(await readAll(socket)).toMatch(/^HTTP\/1.1 400 /);
    const other = await dial(port);
    other.write(headOf(port, [`X-Much: ${'x'.repeat(20_000)}`]));
    expect(await readAll(other)).toMatch(/^HTTP\/1.1 431 /);
  });

  it('end a request at its deadline, within a stream by an event, and free what it held', async () => {
    const { url, model, log, clock } = await startServer({ model: fakeModel({ length: 10 ** 9 }) });
    model.beforeStep = () => clock.pass(1000);
    for (const stream of [false, true]) {
      const answer = await post(url, { max_tokens: 10 ** 8, stream });
      if (stream) {
        expect(eventsOf(await answer.text()).at(-1)).toMatchObject({ error: { code: 'deadline' } });
      } else {
        expect(answer.headers.get('x-should-retry')).toBe('false');
        const error = await errorOf(answer);
        expect(error).toMatchObject({ status: 408, code: 'deadline' });
        expect(error).toMatchObject({ message: expect.stringContaining('60 seconds') });
      }
      await until(() => model.open.size === 0);
    }
    await until(() => log.length === 2);
    expect(log.map((line) => JSON.parse(line).dropped)).toEqual(['deadline', 'deadline']);
    expect(clock.waiting).toBe(0);
  });
});

describe('stopping', () => {
  it('lets running requests finish and takes no new ones, on old connections neither', async () => {
    const { server, url, client, port, release } = await startServer({ isHeld: true });
    const running = post(url, { max_tokens: 3 });
    await until(() => client.open === 1);
    const kept = await dial(port);
    kept.write(headOf(port, ['Content-Length: 2']).slice(0, -2));
    const stopped = server.stop(60_000);
    kept.write('\r\n{}');
    expect(await readAll(kept)).toMatch(/^HTTP\/1.1 503 .*"code":"stopping"/s);
    await expect(fetch(`${url}/healthz`)).rejects.toThrow();
    release();
    expect((await running).status).toBe(200);
    await stopped;
  });

  it('ends what runs when the grace is over, by an error', async () => {
    const { server, url, model, clock } = await startServer({ model: fakeModel({ length: 10 ** 9 }) });
    const plain = post(url, { max_tokens: 10 ** 8 });
    const stream = post(url, { max_tokens: 10 ** 8, stream: true }).then((response) => response.text());
    await until(() => model.open.size === 2);
    const stopped = server.stop(1000);
    clock.pass(1000);
    await stopped;
    expect(await errorOf(await plain)).toMatchObject({ status: 503, code: 'stopping' });
    expect(eventsOf(await stream).at(-1)).toMatchObject({ error: { code: 'stopping' } });
    await until(() => model.open.size === 0);
  });
});

describe('what is told of it all', () => {
  it('is a line a request, with numbers and no text', async () => {
    const { url, log } = await startServer();
    await (await post(url, { prompt: 'the secret', max_tokens: 4, stop: 'z', user: 'secret' })).json();
    await post(url, { prompt: 'the SECRET' });
    await post(url, { suffix: 'a secret' });
    await post(url, { logit_bias: { secret: 1 } });
    await fetch(`${url}/v1/models/secret?secret`, { headers: { 'user-agent': 'secret' } });
    await fetch(`${url}/secret`);
    await until(() => log.length === 6);
    expect(log.join('')).not.toMatch(/secret/i);
    expect(JSON.parse(log[0]!)).toMatchObject({
      method: 'POST',
      route: '/v1/completions',
      status: 200,
      promptTokens: 10,
      completionTokens: 4,
    });
    expect(log.map((line) => JSON.parse(line).route)).toEqual([
      '/v1/completions',
      '/v1/completions',
      '/v1/completions',
      '/v1/completions',
      '/v1/models/{id}',
      'other',
    ]);
    expect(log.map((line) => JSON.parse(line).field)).toEqual([
      undefined,
      'prompt',
      'suffix',
      'logit_bias',
      'model',
      undefined,
    ]);
  });

  it('is counted at /metrics', async () => {
    const { url } = await startServer();
    await (await post(url, { prompt: 'secret', max_tokens: 4, n: 2 })).json();
    const response = await fetch(`${url}/metrics`);
    const text = await response.text();
    expect(response.headers.get('content-type')).toBe('text/plain; version=0.0.4; charset=utf-8');
    for (const line of [
      'sparse_requests_total{route="/v1/completions",status="200"} 1',
      'sparse_tokens_total{kind="prompt"} 6',
      'sparse_tokens_total{kind="completion"} 8',
      'sparse_requests_waiting 0',
      'sparse_sequences_running 0',
      'sparse_batch_size_bucket{le="1"} 0',
      'sparse_batch_size_bucket{le="2"} 3',
      'sparse_request_seconds_count 1',
      'sparse_first_token_seconds_count 1',
    ]) {
      expect(text.split('\n')).toContain(line);
    }
    expect(text).not.toContain('secret');
  });
});
