// Networks, by the names that `perfrnn.play.networks` gives them.
//
// What a network is to the rest: `new Network(description, weights)`, `classes`, `reset()`, and
// `step(event, control)`, which takes an event and the control inputs that hold when the next one
// happens, and returns the logits of that.
"use strict";

const NETWORKS = { lstm: Lstm, transformer: Transformer };

// Return the network of a description and its weights in base64, guided by a factor other than 1.
function makeNetwork(description, text, guidance = 1) {
  const binary = atob(text);
  const bytes = new Uint8Array(binary.length);
  for (let n = 0; n < binary.length; n += 1) bytes[n] = binary.charCodeAt(n);
  const weights = description.bits === 32
    ? new Float32Array(bytes.buffer) : fromHalf(new Uint16Array(bytes.buffer));
  const network = new NETWORKS[description.kind](description, weights);
  return guidance === 1 ? network : new Guided(network, guidance);
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
