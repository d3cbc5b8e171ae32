/**
 * Johannes Baagøe's random numbers, as the package `seedrandom` makes them from a text: TensorFlow.js draws with these, so the same seed
 * draws the same here.
 */

const unit = 2 ** -32;

/** A source of numbers from 0 to 1, the same for the same seed. */
export function alea(seed: string): () => number {
  const hash = masher();
  const states = [hash(' '), hash(' '), hash(' ')] as [number, number, number];
  for (const place of [0, 1, 2] as const) {
    states[place] -= hash(seed);
    if (states[place] < 0) states[place] += 1;
  }
  let carry = 1;
  return () => {
    const next = 2091639 * states[0] + carry * unit;
    carry = Math.trunc(next);
    states[0] = states[1];
    states[1] = states[2];
    states[2] = next - carry;
    return states[2];
  };
}

/** Hashes one text after another to numbers from 0 to 1, each depending on those before. */
function masher(): (text: string) => number {
  let state = 0xefc8249d;
  return (text) => {
    for (let place = 0; place < text.length; place++) {
      state += text.charCodeAt(place);
      let product = 0.02519603282416938 * state;
      state = product >>> 0;
      product -= state;
      product *= state;
      state = product >>> 0;
      product -= state;
      state += product * 2 ** 32;
    }
    return (state >>> 0) * unit;
  };
}
