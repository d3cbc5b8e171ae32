import assert from 'node:assert/strict';
import { buildCharacterTokenizer, byteTokenizer, tokenizerFromJSON } from '@sparse-transformers/tokenizers';

const text = 'To be, or not to be: 東京 🎭';
const bytes = byteTokenizer();
assert.equal(bytes.decode(bytes.encode(text)), text);

const decoder = bytes.decoder();
const pieces = Array.from(bytes.encode(text), (id) => decoder.push([id]));
assert.equal(pieces.join('') + decoder.end(), text);

const characters = tokenizerFromJSON(JSON.parse(JSON.stringify(buildCharacterTokenizer(text))));
assert.equal(characters.decode(characters.encode('not 東')), 'not 東');
assert.throws(() => characters.encode('x'), /U\+0078|'x'|"x"/);
console.log('ok');
