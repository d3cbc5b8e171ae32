/** The engine without a GPU: what it says. */
import { afterEach, describe, expect, it, vi } from 'vitest';
import { only } from './packages.ts';
import { refusal } from './refusal.ts';

const stubGpu = (requestAdapter: () => Promise<unknown>) =>
  vi.stubGlobal('navigator', { gpu: { requestAdapter } });

describe("the engine 'webgpu'", () => {
  afterEach(() => void vi.unstubAllGlobals());

  it('says what brings navigator.gpu to Node', async () => {
    vi.stubGlobal('navigator', undefined);
    expect(await refusal('webgpu')).toMatchObject({
      problem: 'missing',
      message: expect.stringMatching(
        /^Engine 'webgpu': there is no navigator\.gpu here\. .*npm install webgpu@0\.6\.2/,
      ),
    });
  });

  it('says that no GPU was found', async () => {
    stubGpu(async () => null);
    expect(await refusal('webgpu')).toMatchObject({
      problem: 'missing',
      message: expect.stringMatching(/navigator\.gpu finds no GPU that it can use\. .*Vulkan/),
    });
  });

  it('tells the words of an adapter that fails', async () => {
    stubGpu(() => Promise.reject(new Error('device lost.')));
    expect(await refusal('webgpu')).toMatchObject({
      problem: 'broken',
      message: expect.stringContaining('navigator.gpu gives no adapter: device lost. '),
    });
  });

  it('names the package that is missing where there is a GPU', async () => {
    stubGpu(async () => ({}));
    expect((await refusal('webgpu', { loadPackage: only({}) })).message).toContain(
      "it needs @tensorflow/tfjs-backend-webgpu, which isn't installed. Install it with: npm install @tensorflow/tfjs-backend-webgpu@4.22.0",
    );
  });
});
