/** The device in debug mode finds what writes or reads where it must not. */
import type { Device } from '@sparse-transformers/backend';
import { afterEach, beforeEach, expect, it } from 'vitest';
import { createWasmDevice } from '../src/index.ts';

let device: Device;
beforeEach(async () => {
  device = await createWasmDevice({ threads: 1, debug: true });
});
afterEach(() => device.dispose());

const floatsAt = (address: number, count: number) =>
  new Float32Array(device.downloadSync(address, count * 4));

it('names the kernel that wrote beyond a tensor, and by how much', () => {
  const address = device.allocate(20);
  expect(() => device.launch('fill_float', [address], [6, 1])).toThrow(
    `fill_float wrote outside of the 20 bytes at ${address}: from 1 byte after its end on.`,
  );
});

it('names the kernel that wrote before a tensor', () => {
  const first = device.allocate(64);
  const second = device.allocate(64);
  expect(() => device.launch('fill_float', [first], [(second - first) / 4, 1])).toThrow(
    'fill_float wrote outside',
  );
});

it('lets a kernel write all of a tensor', () => {
  const address = device.allocate(20);
  device.launch('fill_float', [address], [5, 1]);
  expect([...floatsAt(address, 5)]).toEqual([1, 1, 1, 1, 1]);
});

it('refuses an address inside a tensor', () => {
  const address = device.allocate(64);
  expect(() => device.launch('fill_float', [address + 4], [1, 1])).toThrow(
    `fill_float: ${address + 4} is no memory in use.`,
  );
});

it('refuses a tensor that was freed', () => {
  const address = device.allocate(64);
  device.free(address);
  expect(() => device.launch('fill_float', [address], [1, 1])).toThrow(
    `fill_float: ${address} is no memory in use.`,
  );
});

it('refuses an upload of more than there is room for', () => {
  const address = device.allocate(8);
  expect(() => device.upload(address, new Float32Array(3))).toThrow(
    'upload: 12 bytes in a piece of 8 bytes.',
  );
});

it('gives memory that nobody wrote as NaN', () => {
  const address = device.allocate(64);
  expect([...floatsAt(address, 16)]).toEqual(Array(16).fill(Number.NaN));
});

it('makes freed memory NaN', () => {
  const address = device.allocate(64);
  device.launch('fill_float', [address], [16, 1]);
  device.free(address);
  expect([...floatsAt(address, 16)]).toEqual(Array(16).fill(Number.NaN));
});

it('asks the backend for exact sizes', () => {
  expect(device.isChecked).toBe(true);
});

it('says so in its description', () => {
  expect(device.description).toMatch(/checked$/);
});
