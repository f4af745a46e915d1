// A stream of events that grows one by one, as in `perfrnn.generation.streams`.
"use strict";

const MEMORY = 96; // events that a network hears which takes over
const PUSH = 3; // times that a bias counts at first which is changed while the music sounds:
const PUSH_STEPS = 400; // a network without an input for keys stays for long in the one it is in

class Stream {
  // Settings: temperature, topK, topP, minP, maxPauseSeconds; `control`, the network's control
  // inputs; `bias`, what is added to the logits of the NOTE_ONs of each pitch class, or null. They
  // hold from the next event on, and may be changed at any time.
  constructor(network, seed, settings, primer = []) {
    this.settings = settings;
    this.random = numpyRandom(seed);
    this.guards = new Guards(settings.maxPauseSeconds);
    this.waits = primer.length === 0; // for the first note: what comes before is left out
    this.steps = 0; // that have passed
    this.pushed = 0; // up to which of them a changed bias counts more
    this.heard = [];
    this.held = new Map(); // notes sounding before what is remembered, by pitch
    this.give(network, primer.length ? primer : [LONGEST_SHIFT]);
    if (!this.waits) for (const event of primer) this.remember(event);
  }

  // Go on with other settings.
  change(settings) {
    const [before, after] = [this.settings.bias, settings.bias];
    if (after && String(before) !== String(after)) this.pushed = this.steps + PUSH_STEPS;
    this.settings = settings;
  }

  // Let another network go on with the music.
  takeOver(network) {
    const held = Array.from(this.held, ([pitch, count]) => Array(count).fill(pitch)).flat();
    this.give(network, [...held, ...(this.waits ? [this.latest] : this.heard)]);
  }

  // Let a network hear `events`, the last one with the next step; those that it lacks pass it by.
  give(network, events) {
    const known = events.filter((event) => event < network.classes);
    this.network = network;
    this.latest = known.at(-1) ?? LONGEST_SHIFT;
    network.reset();
    for (const event of known.slice(0, -1)) network.step(event, this.settings.control);
  }

  // Return the next event; of what comes before the first note velocities only.
  next() {
    let event = this.drawOne();
    while (this.waits && !isNoteOn(event) && event < VELOCITY) event = this.drawOne();
    if (isNoteOn(event)) this.waits = false;
    this.steps += stepsOf(event);
    this.remember(event);
    return event;
  }

  drawOne() {
    const { settings, guards } = this;
    const logits = this.network.step(this.latest, settings.control);
    if (settings.bias) {
      const push = this.steps < this.pushed ? PUSH : 1;
      for (let pitch = 0; pitch < NOTE_OFF; pitch += 1) {
        logits[pitch] += push * settings.bias[pitch % 12];
      }
    }
    guards.restrict(logits);
    this.latest = draw(masses(logits, settings), this.random());
    guards.observe(this.latest);
    return this.latest;
  }

  // Keep the last events, and which notes those sound in that are forgotten.
  remember(event) {
    this.heard.push(event);
    if (this.heard.length <= MEMORY) return;
    const forgotten = this.heard.shift();
    const pitch = forgotten % NOTE_OFF;
    const count = this.held.get(pitch) ?? 0;
    if (isNoteOn(forgotten)) this.held.set(pitch, count + 1);
    if (isNoteOff(forgotten) && count > 0) this.held.set(pitch, count - 1);
  }
}
