// A transformer, one event at a time, as in `perfrnn.generation.transformer_stepper`, where it is
// explained. What a network is to the rest stands in networks.js.
"use strict";

const EPSILON = 1e-6;
const ROTARY_BASE = 10000;
const EXPANSION = 4;

const inFours = (count) => 4 * Math.ceil(count / 4);

class Transformer {
  // `description` and the order of `weights` are those of `perfrnn.play.transformer`.
  constructor({ requests, blocks, width, heads, context, classes }, weights) {
    this.size = width / heads;
    const [fullWidth, size] = [inFours(width), inFours(this.size)];
    const [attended, inner] = [heads * size, EXPANSION * width];
    this.memorySize = 2 * blocks * inFours(context) * size;
    const worked = 2 * fullWidth + 2 * attended + 2 * size + inner + inFours(context) + classes;
    const room = new Room(weights.length + worked + 2 * this.memorySize);
    room.numbers.set(weights);
    const take = (count) => room.take(count);
    Object.assign(this, { room, requests, width, heads, context, classes });
    this.nothing = requests.flatMap((rows) => [1, ...Array(rows - 1).fill(0)]); // is asked for
    this.tables = take(this.nothing.length * fullWidth);
    this.heldRows = take(NOTE_OFF * fullWidth);
    this.eventRows = take(classes * fullWidth);
    this.blocks = Array.from({ length: blocks }, () => ({
      attend: take((attended + 2 * size) * fullWidth),
      output: take(fullWidth * attended),
      up: take(inner * fullWidth),
      down: take(fullWidth * inner),
    }));
    this.output = take(classes * fullWidth);
    this.x = take(fullWidth);
    this.normed = take(fullWidth);
    this.projected = take(attended + 2 * size);
    this.found = take(attended);
    this.inner = take(inner);
    this.scores = take(inFours(context));
    this.logits = take(classes);
    const inHeads = (vector) => Array.from({ length: vector.length / size }, (_, head) =>
      vector.subarray(head * size, (head + 1) * size));
    this.newHeads = inHeads(this.projected); // queries, key, value
    this.foundHeads = inHeads(this.found);
    this.cosines = new Float32Array(this.size / 2);
    this.sines = new Float32Array(this.size / 2);
    this.memory = this.newMemory();
  }

  // Return room for what one stream remembers, for which there is room twice: `memory` is that of
  // the stream that advances.
  newMemory() {
    return new Memory(this.room.take(this.memorySize), this.blocks.length, inFours(this.context));
  }

  reset() {
    this.memory.reset();
  }

  step(event, control) {
    const { room, x, normed, memory } = this;
    memory.hold(event);
    this.lookUp(event, control);
    this.turnTo(memory.position);
    this.norm(x, x);
    this.blocks.forEach((block, number) => {
      this.norm(x, normed);
      this.attend(block, memory.blocks[number]);
      this.norm(x, normed);
      this.feed(block);
    });
    this.norm(x, normed);
    this.logits.fill(0);
    room.addProduct(this.logits, this.output, normed);
    memory.position += 1;
    return this.logits;
  }

  // Add up what a position hears: the event, what sounds after it, and what is asked for.
  lookUp(event, control) {
    const { x } = this;
    x.fill(0);
    addRow(x, this.eventRows, event);
    control.forEach((share, row) => { if (share !== 0) addRow(x, this.tables, row, share); });
    this.memory.held.forEach((isHeld, pitch) => { if (isHeld) addRow(x, this.heldRows, pitch); });
  }

  // Set by what the pairs of a head turn at a position.
  turnTo(position) {
    const { cosines, sines } = this;
    for (let pair = 0; pair < cosines.length; pair += 1) {
      const angle = position * ROTARY_BASE ** (-pair / cosines.length);
      cosines[pair] = Math.cos(angle);
      sines[pair] = Math.sin(angle);
    }
  }

  // Divide by the root of the mean square; what fills up to a multiple of four is 0.
  norm(from, to) {
    const factor = 1 / rootMeanSquare(from, this.width);
    for (let n = 0; n < from.length; n += 1) to[n] = factor * from[n];
  }

  attend({ attend, output }, { keys, values }) {
    const { room, heads, context, projected, newHeads, memory, scores } = this;
    projected.fill(0);
    room.addProduct(projected, attend, this.normed);
    for (let head = 0; head < heads; head += 1) this.turn(newHeads[head], 1 / Math.sqrt(this.size));
    this.turn(newHeads[heads], 1);
    const slot = memory.position % context;
    keys.set(newHeads[heads], slot * newHeads[heads].length);
    newHeads[heads + 1].forEach((value, row) => { values[row * scores.length + slot] = value; });
    const filled = Math.min(memory.position + 1, context);
    this.found.fill(0);
    for (let head = 0; head < heads; head += 1) {
      this.lookBack(newHeads[head], keys, values, filled, this.foundHeads[head]);
    }
    room.addProduct(this.x, output, this.found);
  }

  // Add the values of what is looked back at to `found`, by how well a query fits the keys.
  lookBack(query, keys, values, filled, found) {
    const { room, scores } = this;
    const rows = scores.subarray(0, inFours(filled));
    scores.fill(0);
    room.addProduct(rows, keys, query);
    let sum = 0;
    for (let slot = 0; slot < filled; slot += 1) {
      scores[slot] = Math.exp(scores[slot]);
      sum += scores[slot];
    }
    scores.fill(0, filled);
    room.addProduct(found, values, scores);
    for (let n = 0; n < found.length; n += 1) found[n] /= sum;
  }

  // Normalise, scale and turn a query or the key.
  turn(head, scale) {
    const { cosines, sines } = this;
    const factor = scale / rootMeanSquare(head, this.size);
    const half = cosines.length;
    for (let pair = 0; pair < half; pair += 1) {
      const first = factor * head[pair];
      const second = factor * head[half + pair];
      head[pair] = first * cosines[pair] - second * sines[pair];
      head[half + pair] = second * cosines[pair] + first * sines[pair];
    }
  }

  feed({ up, down }) {
    const { room, inner } = this;
    inner.fill(0);
    room.addProduct(inner, up, this.normed);
    for (let n = 0; n < inner.length; n += 1) {
      const positive = Math.max(inner[n], 0);
      inner[n] = positive * positive;
    }
    room.addProduct(this.x, down, inner);
  }
}

function rootMeanSquare(vector, size) {
  let sum = 0;
  for (let n = 0; n < size; n += 1) sum += vector[n] * vector[n];
  return Math.sqrt(sum / size + EPSILON);
}

// What a stream remembers: of each block keys and values of what it looks back at, by slot (of a
// position, what is left of it when divided by the context), and which pitches sound.
class Memory {
  constructor(numbers, blocks, slots) {
    this.numbers = numbers;
    const length = numbers.length / blocks / 2;
    this.blocks = Array.from({ length: blocks }, (_, block) => ({
      keys: numbers.subarray(2 * block * length, (2 * block + 1) * length), // [slots, size]
      values: numbers.subarray((2 * block + 1) * length, 2 * (block + 1) * length), // [size, slots]
    }));
    this.held = new Uint8Array(NOTE_OFF);
    this.position = 0;
  }

  reset() {
    this.held.fill(0);
    this.position = 0;
  }

  copy(other) {
    this.numbers.set(other.numbers);
    this.held.set(other.held);
    this.position = other.position;
  }

  hold(event) {
    if (isNoteOn(event)) this.held[event] = 1;
    if (isNoteOff(event)) this.held[event - NOTE_OFF] = 0;
  }
}
