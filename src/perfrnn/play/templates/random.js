// NumPy's default generator, `numpy.random.default_rng(seed).random()`: PCG64 (O'Neill 2014),
// seeded by SeedSequence. BigInt is slow, and fast enough for a number an event.
"use strict";

const WORD = (1n << 64n) - 1n;
const STATE = (1n << 128n) - 1n;
const PCG_MULTIPLIER = 0x2360ed051fc65da44385df649fccf645n;

// SeedSequence's eight 32-bit words for a seed below 2^32.
function seedWords(seed) {
  let constant = 0x43b0d7e5;
  const hash = (value) => {
    let mixed = value ^ constant;
    constant = Math.imul(constant, 0x931e8875);
    mixed = Math.imul(mixed, constant);
    return mixed ^ (mixed >>> 16);
  };
  const mix = (x, y) => {
    const mixed = Math.imul(0xca01f9dd, x) - Math.imul(0x4973f715, y);
    return mixed ^ (mixed >>> 16);
  };
  const pool = [seed, 0, 0, 0].map(hash);
  for (let source = 0; source < 4; source += 1) {
    for (let target = 0; target < 4; target += 1) {
      if (source !== target) pool[target] = mix(pool[target], hash(pool[source]));
    }
  }
  constant = 0x8b51f9dd;
  return Array.from({ length: 8 }, (_, index) => {
    let word = pool[index % 4] ^ constant;
    constant = Math.imul(constant, 0x58f38ded);
    word = Math.imul(word, constant);
    return (word ^ (word >>> 16)) >>> 0;
  });
}

// Return a function that draws numbers from 0 up to 1, as NumPy does from the same seed.
function numpyRandom(seed) {
  const words = seedWords(seed).map(BigInt);
  const [high, low, incrementHigh, incrementLow] = [0, 2, 4, 6].map(
    (index) => words[index] | (words[index + 1] << 32n),
  );
  const increment = ((((incrementHigh << 64n) | incrementLow) << 1n) | 1n) & STATE;
  const next = (state) => (state * PCG_MULTIPLIER + increment) & STATE;
  let state = next(increment + ((high << 64n) | low));
  return () => {
    state = next(state);
    const folded = (state >> 64n) ^ (state & WORD);
    const turns = state >> 122n;
    const turned = ((folded >> turns) | (folded << (64n - turns))) & WORD;
    return Number(turned >> 11n) / 2 ** 53;
  };
}
