import { expect, it } from 'vitest';
import { configurationPage } from './configuration-page.ts';

it('docs/configuration.md is what the schema says; run this with -u to make it anew', async () => {
  await expect(configurationPage()).toMatchFileSnapshot('../../../docs/configuration.md');
});
