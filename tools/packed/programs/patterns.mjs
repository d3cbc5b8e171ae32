import assert from 'node:assert/strict';
import { compile, draw, fixed, fromJSON, strided } from '@sparse-transformers/patterns';

const pattern = strided({ stride: 4 });
console.log(draw(pattern, { queries: 12 }));
assert.equal(pattern.allows(9, 5), true);
assert.equal(pattern.allows(9, 4), false);
assert.deepEqual([...pattern.keys(9)], [1, 5, 6, 7, 8, 9]);
assert.equal(fromJSON(JSON.parse(JSON.stringify(pattern))).hash, pattern.hash);

let pairs = 0;
const summary = fixed({ block: 16, summary: 4 });
for (let query = 0; query < 100; query++)
  for (let key = 0; key < 100; key++) pairs += Number(summary.allows(query, key));
assert.equal(Number(compile(summary, { queries: 100 }).pairs), pairs);
console.log('ok');
