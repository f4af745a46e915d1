// A network of LSTM layers, one event at a time, as in `perfrnn.generation.stepper`.
//
// What a network is to the rest: `new Network(description, weights)`, `classes`, `reset()`, and
// `step(event, control)`, which takes an event and the control inputs that hold when the next one
// happens, and returns the logits of that.
"use strict";

class Lstm {
  // `description` and the order of `weights` are those of `perfrnn.play.networks.pack`.
  constructor({ layers, units, inputs, classes }, weights) {
    const state = layers * 6 * units + classes;
    const pages = Math.ceil((4 * (weights.length + state)) / 65536);
    const memory = new WebAssembly.Memory({ initial: pages });
    const numbers = new Float32Array(memory.buffer);
    numbers.set(weights);
    let place = 0;
    const take = (count) => numbers.subarray(place, (place += count));
    this.addProduct = makeAddProduct(memory);
    this.units = units;
    this.classes = classes;
    this.controlSize = inputs - classes;
    this.layers = Array.from({ length: layers }, (_, number) => ({
      inputs: take((number ? units : inputs) * 4 * units),
      recurrent: take(4 * units * units),
      biases: take(4 * units),
    }));
    this.outputWeights = take(classes * units);
    this.outputBiases = take(classes);
    for (const layer of this.layers) {
      layer.gates = take(4 * units);
      layer.cell = take(units);
      layer.output = take(units);
    }
    this.logits = take(classes);
  }

  reset() {
    for (const { cell, output } of this.layers) {
      cell.fill(0);
      output.fill(0);
    }
  }

  step(event, control) {
    let below = null;
    for (const layer of this.layers) {
      layer.gates.set(layer.biases);
      if (below === null) {
        this.lookUp(layer, event, control);
      } else {
        this.addProduct(layer.gates, layer.inputs, below);
      }
      this.addProduct(layer.gates, layer.recurrent, layer.output);
      advance(layer, this.units);
      below = layer.output;
    }
    this.logits.set(this.outputBiases);
    this.addProduct(this.logits, this.outputWeights, below);
    return this.logits;
  }

  // Control inputs come before the events, of which one is 1.
  lookUp({ gates, inputs }, event, control) {
    addRow(gates, inputs, this.controlSize + event, 1);
    for (let row = 0; row < this.controlSize; row += 1) {
      if (control[row] !== 0) addRow(gates, inputs, row, control[row]);
    }
  }
}

function addRow(sums, matrix, row, factor) {
  const start = row * sums.length;
  for (let n = 0; n < sums.length; n += 1) sums[n] += factor * matrix[start + n];
}

const sigmoid = (x) => 1 / (1 + Math.exp(-x));

// Let the gates act, which come in the order i, j, f, o; f has TF1's forget bias of 1.
function advance({ gates, cell, output }, units) {
  for (let unit = 0; unit < units; unit += 1) {
    const update = sigmoid(gates[unit]) * Math.tanh(gates[units + unit]);
    const kept = cell[unit] * sigmoid(gates[2 * units + unit] + 1);
    cell[unit] = kept + update;
    output[unit] = Math.tanh(cell[unit]) * sigmoid(gates[3 * units + unit]);
  }
}

const NETWORKS = { lstm: Lstm };

// Return the network of a description and its weights in base64.
function makeNetwork(description, text) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n += 1) bytes[n] = binary.charCodeAt(n);
  const weights = description.bits === 32
    ? new Float32Array(bytes.buffer) : fromHalf(new Uint16Array(bytes.buffer));
  return new NETWORKS[description.kind](description, weights);
}

// Half precision to single, of finite numbers.
function fromHalf(halves) {
  const table = Float32Array.from({ length: 65536 }, (_, bits) => {
    const exponent = (bits >> 10) & 31;
    const fraction = bits & 1023;
    const size = exponent ? (1024 + fraction) * 2 ** (exponent - 25) : fraction * 2 ** -24;
    return bits >> 15 ? -size : size;
  });
  const numbers = new Float32Array(halves.length);
  for (let n = 0; n < halves.length; n += 1) numbers[n] = table[halves[n]];
  return numbers;
}
