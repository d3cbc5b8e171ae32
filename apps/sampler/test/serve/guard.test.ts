import { describe, expect, it } from 'vitest';
import { guard } from '../../src/serve/guard.ts';

const ours = guard({
  allowedHosts: ['Example.org'],
  allowedOrigins: ['https://app.example.org'],
  apiKey: 'key-of-ours',
});

describe('guard', () => {
  it.each([
    'localhost',
    'LOCALHOST:80',
    '127.0.0.1',
    '127.0.0.1:8080',
    '[::1]',
    '[::1]:8080',
    'example.org',
    'example.org:443',
  ])('lets in the host %s', (host) => {
    expect(() => ours.checkPlace({ host })).not.toThrow();
  });

  it.each([
    undefined,
    '',
    'evil.example',
    'evil.example:8080',
    'localhost.evil.example',
    'localhost@evil.example',
    'evil.example/localhost',
    '127.0.0.1.evil.example',
    'localhost:80:80',
    '127.0.0.2',
    '::1',
    '0.0.0.0',
  ])('refuses the host %s', (host) => {
    expect(() => ours.checkPlace(host === undefined ? {} : { host })).toThrow('Host');
  });

  it('refuses every origin but those that are allowed, whole and exact', () => {
    const origins = [
      'null',
      'http://localhost:8080',
      'https://app.example.org.evil.example',
      'http://app.example.org',
      '',
    ];
    for (const origin of origins) {
      expect(() => ours.checkPlace({ host: 'localhost', origin })).toThrow('Origin');
    }
    expect(() => ours.checkPlace({ host: 'localhost', origin: 'https://app.example.org' })).not.toThrow();
  });

  it('wants the key, and nothing like it', () => {
    expect(() => ours.checkKey({ authorization: 'Bearer key-of-ours' })).not.toThrow();
    expect(() => ours.checkKey({ authorization: 'bearer  key-of-ours' })).not.toThrow();
    for (const authorization of [
      'Bearer key-of-our',
      'Bearer key-of-ours2',
      'Bearer ',
      'key-of-ours',
      'Basic key-of-ours',
    ]) {
      expect(() => ours.checkKey({ authorization })).toThrow('API key');
    }
    expect(() => ours.checkKey({})).toThrow('API key');
  });

  it('wants none where none is set', () => {
    const open = guard({ allowedHosts: [], allowedOrigins: [], apiKey: null });
    expect(() => open.checkKey({})).not.toThrow();
  });
});
