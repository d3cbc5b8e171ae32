// Checks that a built engine loads and multiplies: node check.cjs FOLDER tfjs-node-gpu. Prints one line.
const util = require('node:util');
const path = require('node:path');
const { createRequire } = require('node:module');

// tfjs-node 4.22.0 calls two functions that Node 23 took away.
util.isNullOrUndefined ??= (value) => value == null;
util.isArray ??= Array.isArray;
process.env.TF_CPP_MIN_LOG_LEVEL ??= '2';

const [folder, name] = process.argv.slice(2);
const tf = createRequire(path.resolve(folder, 'package.json'))(`@tensorflow/${name}`);
const left = tf.tensor2d([1, 2, 3, 4], [2, 2]);
const right = tf.tensor2d([5, 6, 7, 8], [2, 2]);
const product = tf.matMul(left, right).dataSync().join();
if (tf.getBackend() !== 'tensorflow') throw new Error(`backend is ${tf.getBackend()}, expected tensorflow`);
if (product !== '19,22,43,50') throw new Error(`matMul gave ${product}, expected 19,22,43,50`);
const library = tf.backend().binding.TF_Version;
console.log(
  `${name} ${tf.version['tfjs-node']}, libtensorflow ${library}, Node ${process.version}: matMul works`,
);
