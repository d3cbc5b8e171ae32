/// <reference types="node" />
import { existsSync } from 'node:fs';
import { beforeAll, describe, expect, test } from 'vitest';
import { familyKernels } from '../src/index.ts';
import { bundleSuite } from './conformance/bundle.ts';
import { type ConformanceResult, runSuite, type SpecFailure } from './conformance/conformance.ts';

/** Every spec of tfjs-core 4.22, and those that it skips itself. */
const specs = 4230;
const skipped = 5;

const library = new URL(`../../device-native/lib/${process.platform}-${process.arch}/`, import.meta.url);
const devices = existsSync(library) ? (['wasm', 'native'] as const) : (['wasm'] as const);
const familyOf = new Map(
  Object.entries(familyKernels).flatMap(([family, ops]) => ops.map((op) => [op, family] as const)),
);

let suite = '';

beforeAll(async () => {
  suite = await bundleSuite();
  const lines = Object.entries(familyKernels).map(([family, ops]) => `  ${family}: ${ops.join(', ')}`);
  if (devices.length === 1)
    process.stdout.write('The native device is left out: its library is not built.\n');
  process.stdout.write(
    `Computed by TensorFlow.js's cpu kernels, and any op of strings:\n${lines.join('\n')}\n`,
  );
});

describe.each(devices)("TensorFlow.js's own suite on %s", (device) => {
  let throwing: ConformanceResult;
  let falling: ConformanceResult;

  beforeAll(async () => {
    [throwing, falling] = await Promise.all([
      runSuite(suite, device, 'throw'),
      runSuite(suite, device, 'warn'),
    ]);
    for (const [mode, result] of [
      ['throwing', throwing],
      ['allowed', falling],
    ] as const)
      process.stdout.write(summary(mode, result));
  });

  test('runs whole', () => {
    expect([throwing.specs, throwing.skipped]).toEqual([specs, skipped]);
    expect([falling.specs, falling.skipped]).toEqual([specs, skipped]);
  });

  test('passes without fall-backs, but for specs in which one was asked for', () => {
    expect(throwing.failures.filter(({ fellBack }) => fellBack.length === 0).map(inOneLine)).toEqual([]);
  });

  test('asks for a fall-back only for the kernels of the families and for strings', () => {
    expect(throwing.failures.filter((failure) => !isOfFamily(failure)).map(inOneLine)).toEqual([]);
  });

  test('passes with fall-backs', () => {
    expect(falling.failures.map(inOneLine)).toEqual([]);
  });

  test('computes on the device', () => {
    expect(throwing.launches).toBeGreaterThan(5000);
  });
});

function isOfFamily({ fellBack, messages }: SpecFailure): boolean {
  return fellBack.every(
    (op) =>
      familyOf.has(op) || messages.some((message) => message.includes(`${op}: it belongs to the string ops`)),
  );
}

function inOneLine({ name, messages, fellBack }: SpecFailure): string {
  return `${name}: ${messages[0]} (fell back: ${fellBack.join(', ') || 'nothing'})`;
}

function summary(
  mode: string,
  { device, specs, passed, skipped, failures, fallbacks, launches }: ConformanceResult,
) {
  const asked = failures.filter(({ fellBack }) => fellBack.length > 0).length;
  const ops = Object.entries(fallbacks).map(([op, count]) => `${op} ${count}`);
  return (
    `${device}, fall-backs ${mode}: ${specs} specs, ${passed} passed, ${asked} failed asking for a fall-back, ` +
    `${failures.length - asked} failed otherwise, ${skipped} skipped, ${launches} launches\n  fall-backs: ${ops.join(', ')}\n`
  );
}
