import { mkdirSync, mkdtempSync, rmSync, symlinkSync } from 'node:fs';
import { createRequire } from 'node:module';
import { tmpdir } from 'node:os';
import { dirname, join } from 'node:path';
import * as tf from '@tensorflow/tfjs-core';
import { afterAll, beforeAll, expect, it } from 'vitest';
import { type Engine, useEngine } from '../src/index.ts';
import { only } from './packages.ts';

const SIMD = 'dist/tfjs-backend-wasm-simd.wasm';
const events = ['uncaughtException', 'unhandledRejection'] as const;
const listeners = (): unknown[] => events.flatMap((event) => process.listeners(event as 'exit'));

let folder = '';
let engine: Engine;
let before: unknown[];

/** Starts from a folder that holds the SIMD build and nothing else. */
beforeAll(async () => {
  folder = mkdtempSync(join(tmpdir(), 'wasm-'));
  mkdirSync(join(folder, 'dist'));
  const installed = dirname(
    createRequire(import.meta.url).resolve('@tensorflow/tfjs-backend-wasm/package.json'),
  );
  symlinkSync(join(installed, SIMD), join(folder, SIMD));
  before = listeners();
  const exports: unknown = await import('@tensorflow/tfjs-backend-wasm');
  engine = await useEngine('wasm', {
    loadPackage: only({ '@tensorflow/tfjs-backend-wasm': { exports, folder } }),
  });
});
afterAll(() => rmSync(folder, { recursive: true }));

it('the SIMD build is the one that is read, from the package folder', () => {
  const sum = tf.tidy(() => tf.add(tf.tensor1d([1, 2]), tf.tensor1d([3, 4])).dataSync());
  expect([...sum]).toEqual([4, 6]);
});

it('says that it has SIMD', () => {
  expect(engine.description).toContain('WebAssembly with SIMD');
});

it('says that it has one thread in Node', () => {
  expect([engine.threads, engine.description]).toEqual([
    1,
    expect.stringContaining('one thread (it starts no others'),
  ]);
});

it('adds no listener for uncaught errors to the process', () => {
  expect(listeners()).toEqual(before);
});
