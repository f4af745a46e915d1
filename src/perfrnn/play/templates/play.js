// The page: its controls, and who is told what when they change.
"use strict";

const LONGEST_REST = 1.5; // seconds without a key down, after which the model goes on
const FRAME_MS = 30; // between two pictures of the piano roll: the network needs the processor more
const MOST_SEED = 2 ** 31 - 1; // as for `perfrnn generate`

const find = (id) => document.getElementById(id);
const { models, keys } = JSON.parse(find("models").textContent);
const worker = new Worker(URL.createObjectURL(
  new Blob([find("worker").textContent], { type: "text/javascript" }),
));
const calm = matchMedia("(prefers-reduced-motion: reduce)");

let player = null; // once a gesture allowed sound
let state = "silent"; // or "playing", "stopped", "listening" to a person at a keyboard
let run = 0; // counts beginnings, so that events of the last one are not played in the next
let isAsked = false; // whether the worker is drawing events
let playing = null; // number of the model that plays
let primer = null;
const ready = new Map(); // by number: a promise of the network, and how it is kept

const model = () => models[Number(find("model").value)];

// What the chosen model hears for each choice of a control; nothing if it does not heed it.
const inputsOf = (id) => model().requests.find(({ control }) => control === id)?.inputs;

// A network is loaded once; its script calls `perfrnnNetwork`.
function network(number) {
  if (!ready.has(number)) {
    const entry = {};
    entry.promise = new Promise((keep, fail) => {
      entry.keep = keep;
      const script = document.createElement("script");
      script.src = models[number].script;
      script.addEventListener("error", () => {
        ready.delete(number);
        fail(new Error(`${models[number].script} is not beside this page; make the page again`));
      });
      document.head.append(script);
    });
    ready.set(number, entry);
  }
  return ready.get(number).promise;
}

globalThis.perfrnnNetwork = (number, description, text) => {
  const { guidance } = models[number];
  worker.postMessage({ type: "network", number, description, text, guidance });
};

function settings() {
  const { requests, biases, drawing } = model();
  const bias = biases?.[find("key").value];
  return {
    ...drawing,
    temperature: Number(find("temperature").value),
    topP: Number(find("top-p").value),
    control: Float32Array.from(
      requests.flatMap(({ control, inputs }) => inputs[find(control).value]),
    ),
    bias: bias ? Float32Array.from(bias) : null,
  };
}

function show(text) {
  find("state").textContent = text;
}

function setState(next) {
  state = next;
  const words = {
    silent: ["Play", "Silent."],
    playing: ["Stop", `Playing: ${model().title}.`],
    stopped: ["Go on", "Stopped."],
    listening: ["Stop", "Listening to you; the model goes on when you rest."],
  };
  const [button, text] = words[state];
  find("play").textContent = button;
  show(text);
}

async function allowSound() {
  if (player) return;
  const piano = new Piano(new AudioContext());
  await piano.load(perfrnnPiano);
  player = new Player(piano);
}

// Begin anew with the seed that is shown, perhaps after what a person has played.
async function begin(events = []) {
  const number = Number(find("model").value);
  show("Loading…");
  await Promise.all([network(number), allowSound()]);
  if (state === "stopped") await player.piano.goOn();
  run += 1;
  isAsked = false;
  playing = number;
  player.begin(models[number].maxNoteSeconds);
  const seed = Number(find("seed").value);
  worker.postMessage({
    type: "start", run, number, seed, settings: settings(), primer: events,
  });
  setState("playing");
  ask();
}

// Ask for what should be there by now.
function ask() {
  if (state !== "playing" || isAsked || player.wanted() <= player.step) return;
  isAsked = true;
  worker.postMessage({ type: "until", steps: player.wanted() });
}

const REPORTS = {
  ready: ({ number }) => ready.get(number).keep(),
  tick() {
    ask();
    if (state === "listening") awaitRest();
    showFigures();
  },
  events({ run: of, events, drawn, busy }) {
    if (of !== run || (state !== "playing" && state !== "stopped")) return;
    isAsked = false;
    player.play(events);
    find("speed").textContent = busy ? Math.round((1000 * drawn) / busy) : "–";
  },
};
worker.addEventListener("message", ({ data }) => REPORTS[data.type](data));

function showFigures() {
  if (!player) return;
  const { now, notes, late } = player;
  const recent = notes.slice(-500).filter(({ start }) => start > now - 5 && start <= now).length;
  find("density-heard").textContent = (recent / 5).toFixed(1);
  find("late").textContent = late;
  find("seconds").textContent = Math.floor(Math.max(0, now));
  find("save").disabled = now <= 0;
}

function guard(action) {
  return (...given) => Promise.resolve(action(...given)).catch((error) => {
    setState("silent");
    show(error.message);
  });
}

find("play").addEventListener("click", guard(async () => {
  if (state === "silent") {
    await begin();
  } else if (state === "stopped") {
    await player.piano.goOn();
    setState("playing");
  } else {
    setState("stopped");
    await player.piano.stop();
  }
}));

find("new-seed").addEventListener("click", guard(() => {
  find("seed").value = crypto.getRandomValues(new Uint32Array(1))[0] & MOST_SEED;
  return begin();
}));

find("seed").addEventListener("change", guard(() => {
  if (!find("seed").reportValidity()) return undefined;
  return state === "silent" ? undefined : begin();
}));

find("model").addEventListener("change", guard(async () => {
  showModel();
  const number = Number(find("model").value);
  await network(number);
  if (state === "silent" || number === playing || model() !== models[number]) return;
  playing = number;
  worker.postMessage({ type: "use", number, settings: settings() });
  if (state === "playing") setState("playing");
}));

for (const id of ["composer", "key", "density", "temperature", "top-p"]) {
  find(id).addEventListener("input", () => {
    showValues();
    if (playing === Number(find("model").value)) {
      worker.postMessage({ type: "settings", settings: settings() });
    }
  });
}

// Show what the chosen model heeds, and how its samples were drawn.
function showModel() {
  const densities = inputsOf("density");
  find("density").disabled = !densities;
  find("density-help").hidden = Boolean(densities);
  if (densities) [find("density").min] = Object.keys(densities);
  const [, ...composers] = Object.keys(inputsOf("composer") ?? { "": [] });
  find("composer-choice").hidden = composers.length === 0;
  find("composer").length = 1; // what asks for nobody stays
  for (const name of composers) find("composer").add(new Option(name, name));
  for (const [id, value] of Object.entries(model().defaults)) find(id).value = value;
  showValues();
}

function showValues() {
  const notes = find("density").value; // 0 where nothing is asked for
  const density = notes === "0" ? "as the model likes"
    : `${notes} ${notes === "1" ? "note" : "notes"} a second`;
  find("density").setAttribute("aria-valuetext", density);
  find("density-value").textContent = find("density").disabled ? "" : density;
  for (const id of ["temperature", "top-p"]) {
    find(`${id}-value`).textContent = Number(find(id).value).toFixed(2);
  }
}

find("save").addEventListener("click", () => {
  const bytes = midiFile(player.heard(), player.now);
  const link = document.createElement("a");
  link.href = URL.createObjectURL(new Blob([bytes], { type: "audio/midi" }));
  link.download = "perfrnn.mid";
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 60000);
});

// A person at a MIDI keyboard: the model falls silent, listens, and goes on from there.

async function hearKey({ data }) {
  if (data[0] >> 4 !== 8 && data[0] >> 4 !== 9) return;
  if (state !== "listening") {
    await allowSound();
    if (state === "stopped") await player.piano.goOn();
    run += 1;
    player.begin(models[Number(find("model").value)].maxNoteSeconds);
    player.zero ??= player.piano.context.currentTime;
    primer = new Primer();
    setState("listening");
  }
  const [status, pitch, velocity] = data;
  const isOn = status >> 4 === 9 && velocity > 0;
  primer.hear(data, player.now);
  if (isOn) player.strike(pitch, velocity, player.now);
  else player.release(pitch, player.now);
}

function awaitRest() {
  const { now } = player;
  if (primer.down.size || now < primer.latest / 100 + LONGEST_REST) return;
  const { events } = primer;
  if (events.length) guard(begin)(events);
}

async function connect() {
  const access = await navigator.requestMIDIAccess();
  const listen = () => {
    for (const input of access.inputs.values()) input.onmidimessage = guard(hearKey);
    const names = Array.from(access.inputs.values(), ({ name }) => name);
    find("keyboards").textContent = names.length
      ? `Connected: ${names.join(", ")}. Play something, then rest.`
      : "No keyboard is there yet; plug one in.";
  };
  access.onstatechange = listen;
  listen();
}

find("keyboard").hidden = !navigator.requestMIDIAccess;
find("connect").addEventListener("click", () => connect().catch(() => {
  find("keyboards").textContent = "The browser gives this page no access to MIDI keyboards.";
}));

let drawnAt = 0;
function scroll(time) {
  if (time - drawnAt > (calm.matches ? 1000 : FRAME_MS)) {
    drawRoll(find("roll"), player?.notes ?? [], player?.now ?? 0);
    drawnAt = time;
  }
  requestAnimationFrame(scroll);
}

for (const name of keys) find("key").add(new Option(name, name));
showModel();
setState("silent");
guard(network)(Number(find("model").value));
requestAnimationFrame(scroll);
