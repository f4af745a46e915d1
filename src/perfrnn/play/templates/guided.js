// A guided network, as in `perfrnn.generation.guidance`, where it is explained. While nothing is
// asked for there is nothing to guide: what is asked for is heard in a memory of its own, which
// begins as a copy of the free one.
"use strict";

class Guided {
  constructor(network, factor) {
    this.network = network;
    this.factor = factor;
    this.classes = network.classes;
    this.free = network.memory;
    this.asked = network.newMemory();
    this.reset();
  }

  reset() {
    this.free.reset();
    this.isAsked = false;
  }

  step(event, control) {
    const { network, free, asked, factor } = this;
    const isAsked = control.some((share, input) => share !== network.nothing[input]);
    if (isAsked && !this.isAsked) asked.copy(free);
    this.isAsked = isAsked;
    network.memory = free;
    const logits = network.step(event, network.nothing);
    if (!isAsked) return logits;
    const without = logits.slice();
    network.memory = asked;
    network.step(event, control);
    for (let n = 0; n < logits.length; n += 1) {
      logits[n] = without[n] + factor * (logits[n] - without[n]);
    }
    return logits;
  }
}
