/** Clients that leave, wait, or say things in their own way; and a model that says nothing. */
import { describe, expect, it } from 'vitest';
import type { EngineClient } from '../../src/serve/engine-client.ts';
import type { FakeClock } from './fake-clock.ts';
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

describe('a model that says nothing', () => {
  const healthOf = async (url: string) => {
    const response = await fetch(`${url}/healthz`);
    return [response.status, await response.json()];
  };

  it('shows in its health, with the seconds, until it has answered', async () => {
    const { url, clock, client, release } = await startServer({ isHeld: true });
    clock.pass(100_000);
    expect(await healthOf(url)).toEqual([200, { status: 'ok' }]); // it owes nothing
    const answer = post(url, { max_tokens: 3 });
    await until(() => client.open === 1);
    clock.pass(19_999);
    expect(await healthOf(url)).toEqual([200, { status: 'ok' }]);
    clock.pass(5_001);
    expect(await healthOf(url)).toEqual([503, { status: 'stalled', seconds: 25 }]);
    expect(await (await fetch(`${url}/metrics`)).text()).toContain('sparse_model_silent_seconds 25\n');
    release();
    expect((await answer).status).toBe(200);
    expect(await healthOf(url)).toEqual([200, { status: 'ok' }]);
  });

  it('shows in the error of a request at its deadline, whole or streamed, and in health when nobody asks any more', async () => {
    const { url, clock, client, model, log } = await startServer();
    let isStalled = true;
    let goOn = () => {};
    model.beforeStep = () => (isStalled ? new Promise((resolve) => (goOn = () => resolve())) : undefined);
    const streamed = await post(url, { max_tokens: 9, stream: true });
    const plain = post(url, { max_tokens: 9 });
    await until(() => client.open === 2);
    clock.pass(60_000);
    const error = await errorOf(await plain);
    expect(error).toMatchObject({
      status: 503,
      code: 'model_stalled',
      type: 'server_error',
      message: expect.stringMatching(
        /longer than 60 seconds.*has not answered for 60 of them: it is stalled/,
      ),
    });
    expect(error).toMatchObject({ message: expect.not.stringContaining('fewer tokens') });
    expect(eventsOf(await streamed.text()).at(-1)).toMatchObject({ error: { code: 'model_stalled' } });
    await until(() => log.length === 2);
    expect(log.map((line) => JSON.parse(line).dropped)).toEqual(['stalled', 'stalled']);
    expect(client.open).toBe(0);
    expect(await healthOf(url)).toEqual([503, { status: 'stalled', seconds: 60 }]);
    isStalled = false;
    goOn();
    await until(() => client.silentMs === 0 && model.open.size === 0);
    expect(await healthOf(url)).toEqual([200, { status: 'ok' }]);
  });

  it('that goes on, however slowly, is not stalled', async () => {
    const { url, clock, model } = await startServer();
    model.beforeStep = () => clock.pass(15_000);
    const error = await errorOf(await post(url, { max_tokens: 20 }));
    expect(error).toMatchObject({ status: 408, code: 'deadline' });
    expect(error).toMatchObject({ message: expect.stringContaining('Ask for fewer tokens') });
    expect((await fetch(`${url}/healthz`)).status).toBe(200);
  });
});

describe('a client', () => {
  const endless = () => fakeModel({ length: 10 ** 9 });

  /** It may only have ended its side: it is written to, then its system answers that it is gone, which the next write tells. */
  const untilGone = async (client: EngineClient, clock: FakeClock) => {
    await until(() => clock.waiting === 2 || client.open === 0);
    await until(() => {
      clock.pass(100);
      return client.open === 0;
    });
  };

  it('that vanishes is forgotten, with its sequences, its timers and its socket', async () => {
    const { server, port, model, client, clock, log } = await startServer({ model: endless() });
    for (const stream of [true, false]) {
      const socket = await dial(port);
      const body = bodyOf({ max_tokens: 10 ** 8, n: 3, stream });
      socket.write(headOf(port, [`Content-Length: ${body.length}`]) + body);
      await until(() => model.open.size === 3);
      expect(client.open).toBe(1);
      socket.destroy();
      await untilGone(client, clock);
      await until(() => model.open.size === 0);
    }
    await until(() => log.length === 2);
    expect(log.map((line) => JSON.parse(line).dropped)).toEqual(['gone', 'gone']);
    expect(clock.waiting).toBe(0);
    // A socket that is left would keep it from stopping.
    await server.stop(60_000);
  });

  it('that vanishes while it waits is forgotten, streamed or not', async () => {
    const { url, model, client, clock, release } = await startServer({ isHeld: true });
    for (const stream of [true, false]) {
      const leaving = new AbortController();
      const answer = post(url, { stream }, { signal: leaving.signal });
      await until(() => client.open === 1);
      leaving.abort();
      await expect(answer).rejects.toThrow();
      await untilGone(client, clock);
    }
    release();
    expect((await post(url)).status).toBe(200);
    expect(model.calls.open).toHaveLength(1);
  });

  it.each([false, true])('that sends no more gets its answer, streamed: %s', async (stream) => {
    const { port, client, clock, release } = await startServer({ isHeld: true });
    const body = bodyOf({ max_tokens: 3, stream });
    const socket = await dial(port);
    socket.end(headOf(port, [`Content-Length: ${body.length}`]) + body);
    await until(() => client.open === 1 && clock.waiting === 2);
    release();
    const answer = await readAll(socket);
    expect(answer).toMatch(/^HTTP\/1.1 200 /);
    expect(answer).toContain(stream ? 'data: [DONE]' : '"text":"cde"');
    expect(clock.waiting).toBe(0);
  });

  it('that sends no more, and waits for long, is told to go on', async () => {
    const { port, client, clock, release } = await startServer({ isHeld: true });
    const body = bodyOf({ max_tokens: 3 });
    const socket = await dial(port);
    socket.end(headOf(port, [`Content-Length: ${body.length}`]) + body);
    await until(() => client.open === 1 && clock.waiting === 2);
    clock.pass(2000);
    release();
    expect(await readAll(socket)).toMatch(/^(HTTP\/1.1 100 Continue\r\n\r\n){2}HTTP\/1.1 200 /);
  });

  it.each([
    ['none', '', 200],
    ['one', 'X-Checksum: 17\r\n', 200],
    ['several', 'X-Checksum: 17\r\nServer-Timing: a\r\nExpires: 0\r\n', 200],
    ['one that would frame the body', 'Content-Length: 4\r\n', 400],
    ['more than fit', `X-Much: ${'x'.repeat(20_000)}\r\n`, 431],
  ])('that sends its body in chunks may send trailers: %s', async (_, trailers, status) => {
    const { port } = await startServer();
    const [body, socket] = [bodyOf({ max_tokens: 3 }), await dial(port)];
    const half = Math.floor(body.length / 2);
    const chunk = (text: string) => `${text.length.toString(16)};name=value\r\n${text}\r\n`;
    socket.write(headOf(port, ['Transfer-Encoding: chunked', 'Trailer: X-Checksum', 'Connection: close']));
    for (const part of [chunk(body.slice(0, half)), chunk(body.slice(half)), '0\r\n', trailers, '\r\n'])
      await new Promise((resolve) => socket.write(part, resolve));
    const answer = await readAll(socket);
    expect(answer).toMatch(new RegExp(`^HTTP/1.1 ${status} `));
    if (status === 200) expect(answer).toContain('"text":"cde"');
  });

  it('that does not read is dropped, while others are served', async () => {
    const { port, url, model, log } = await startServer({ model: endless(), unreadBytes: 1000 });
    const socket = await dial(port);
    socket.pause();
    const body = bodyOf({ max_tokens: 10 ** 8, stream: true, logprobs: 20, n: 3 });
    socket.write(headOf(port, [`Content-Length: ${body.length}`]) + body);
    await until(() => model.open.size === 3);
    expect((await post(url, { max_tokens: 3 })).status).toBe(200);
    await until(() => log.length === 2);
    expect(log.flatMap((line) => JSON.parse(line).dropped ?? [])).toEqual(['slow']);
    await until(() => model.open.size === 0);
  });
});
