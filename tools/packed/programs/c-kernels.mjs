import assert from 'node:assert/strict';
import { readdirSync } from 'node:fs';
import { hashOfSources, sourceFolder } from '@sparse-transformers/c-kernels';

assert.match(hashOfSources(), /^[0-9a-f]{12}$/);
assert.ok(readdirSync(sourceFolder).includes('attention-forward.c'));
console.log('ok');
