// A network of LSTM layers, one event at a time, as in `perfrnn.generation.stepper`. What a network
// is to the rest stands in networks.js.
"use strict";

class Lstm {
  // `description` and the order of `weights` are those of `perfrnn.play.lstm`.
  constructor({ layers, units, inputs, classes }, weights) {
    const room = new Room(weights.length + layers * 6 * units + classes);
    room.numbers.set(weights);
    const take = (count) => room.take(count);
    this.room = room;
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
        this.room.addProduct(layer.gates, layer.inputs, below);
      }
      this.room.addProduct(layer.gates, layer.recurrent, layer.output);
      advance(layer, this.units);
      below = layer.output;
    }
    this.logits.set(this.outputBiases);
    this.room.addProduct(this.logits, this.outputWeights, below);
    return this.logits;
  }

  // Control inputs come before the events, of which one is 1.
  lookUp({ gates, inputs }, event, control) {
    addRow(gates, inputs, this.controlSize + event);
    for (let row = 0; row < this.controlSize; row += 1) {
      if (control[row] !== 0) addRow(gates, inputs, row, control[row]);
    }
  }
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
