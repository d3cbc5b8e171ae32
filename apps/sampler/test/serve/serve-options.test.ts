/** What is refused before anything is started. */
import { writeFileSync } from 'node:fs';
import { join } from 'node:path';
import { describe, expect, it } from 'vitest';
import { readApiKey } from '../../src/serve/api-key.ts';
import { serve } from '../../src/serve/command.ts';
import { readServeOptions } from '../../src/serve/serve-options.ts';
import { newFolder } from '../tiny-run.ts';

const refusalOf = (args: string[]) =>
  serve(['runs/a', ...args], { output: { write() {} }, notes: { write() {} } }).then(
    () => 'nothing',
    (error: Error) => error.message,
  );

/** Words that zod would say. */
const validatorsWords =
  /invalid|too (big|small)|received|expected (string|number|int|boolean|object|array|record)|>=|<=|undefined|pattern/i;

describe('the options of serve', () => {
  it('are those of loopback unless others are given', () => {
    expect(readServeOptions(['runs/tiny'])).toMatchObject({
      run: 'runs/tiny',
      name: 'tiny',
      host: '127.0.0.1',
      port: 8080,
    });
  });

  it.each([
    ['--port', 'x'],
    ['--port', '65536'],
    ['--port', '-1'],
    ['--batch', '0'],
    ['--queue', '1.5'],
    ['--max-tokens', '0'],
    ['--max-body', ''],
    ['--deadline', '0'],
    ['--grace', '1e3'],
    ['--engine', 'abacus'],
    ['--allowed-origin', 'example.org'],
    ['--allowed-origin', 'https://example.org/'],
    ['--allowed-host', 'example.org:80'],
  ])('name %s when it is %j', async (option, value) => {
    expect(await refusalOf([`${option}=${value}`])).toMatch(
      new RegExp(`^${option}: .* came\\. See sparse-sample serve --help`),
    );
  });

  it("are refused in plain words, whichever is whatever: a validator's own never come through", async () => {
    const numbers = [
      'port',
      'threads',
      'batch',
      'queue',
      'max-tokens',
      'max-body',
      'deadline',
      'stall',
      'grace',
    ];
    const texts = ['name', 'host', 'engine', 'allowed-host', 'allowed-origin', 'api-key-file'];
    const noNumbers = [
      '',
      ' ',
      'x',
      '-1',
      '1.5',
      '1e3',
      '0x10',
      '99999999999',
      '9'.repeat(400),
      'NaN',
      'null',
      '１',
    ];
    const wrong = [
      ...numbers.flatMap((option) => noNumbers.map((value) => [option, value])),
      ['port', '99999'],
      ...texts.map((option) => [option, '']),
      ...['auto ', 'WASM', '__proto__'].map((value) => ['engine', value]),
      ...['a b', 'a:1', 'http://a', '/'].map((value) => ['allowed-host', value]),
      ...['a', '*', 'null', 'http://a/', 'http://a/b', 'javascript:1'].map((value) => [
        'allowed-origin',
        value,
      ]),
    ] as const;
    for (const [option, value] of wrong) {
      const words = await refusalOf([`--${option}=${value}`]);
      expect(words).toMatch(
        new RegExp(
          `^--${option}: expected (a|an|one|the) .*, but ".*" came\\. See sparse-sample serve --help\\.$`,
        ),
      );
      expect(words).not.toMatch(validatorsWords);
    }
  });

  it('have no key, which all users of a machine could read', async () => {
    expect(await refusalOf(['--api-key', 'ours'])).toContain("unknown option '--api-key'");
  });

  it('open the server to others only with a key', async () => {
    for (const host of ['0.0.0.0', '::', '192.168.0.1', 'example.org']) {
      expect(await refusalOf(['--host', host])).toContain('a key is needed');
    }
  });

  it('show examples for curl and the client', () => {
    const help = readServeOptions(['--help']);
    expect(help).toContain('curl http://127.0.0.1:8080/v1/completions');
    expect(help).toContain('new OpenAI(');
  });
});

describe('the key', () => {
  it('is read from a file, or else from the environment', async () => {
    const file = join(newFolder(), 'key.txt');
    writeFileSync(file, 'of-the-file\n');
    const environment = { SPARSE_API_KEY: 'of-the-environment' };
    expect(await readApiKey(file, environment)).toBe('of-the-file');
    expect(await readApiKey(undefined, environment)).toBe('of-the-environment');
    expect(await readApiKey(undefined, {})).toBeNull();
  });

  it('is refused when it is empty or no header can carry it, and never shown', async () => {
    for (const key of ['', 'a secret', 'sécret']) {
      const refused = readApiKey(undefined, { SPARSE_API_KEY: key });
      await expect(refused).rejects.toThrow('SPARSE_API_KEY: expected a key');
      await expect(refused).rejects.not.toThrow(/secret|sécret/);
    }
    await expect(readApiKey('/no/such/file', {})).rejects.toThrow('/no/such/file');
  });
});
