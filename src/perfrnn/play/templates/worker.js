// What runs beside the page: holds the networks, and draws events up to the time it is told.
"use strict";

const TICK_MS = 100; // a page in the background has only slow timers of its own

const networks = new Map();
let stream = null;
let run = 0;
let drawn = 0;
let busy = 0; // milliseconds spent on drawing them

const ACTIONS = {
  network({ number, description, text, guidance }) {
    networks.set(number, makeNetwork(description, text, guidance));
    postMessage({ type: "ready", number });
  },
  start({ number, seed, settings, primer, run: begun }) {
    run = begun;
    stream = new Stream(networks.get(number), seed, settings, primer);
  },
  settings({ settings }) {
    if (stream) stream.change(settings);
  },
  use({ number, settings }) {
    if (!stream) return;
    stream.change(settings);
    stream.takeOver(networks.get(number));
  },
  until({ steps }) {
    const began = performance.now();
    const events = [];
    while (stream.steps < steps) events.push(stream.next());
    drawn += events.length;
    busy += performance.now() - began;
    postMessage({ type: "events", run, events, drawn, busy });
  },
};

onmessage = ({ data }) => ACTIONS[data.type](data);
setInterval(() => postMessage({ type: "tick" }), TICK_MS);
