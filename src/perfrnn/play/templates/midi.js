// MIDI: what was heard as a file, and what is played on a keyboard as events.
"use strict";

const TICKS_PER_SECOND = 1000; // at the default 120 quarters a minute, as in `perfrnn generate`

// Return the bytes of a MIDI file. A pitch struck again while it sounds ends first.
function midiFile(notes, seconds) {
  const messages = [];
  const add = (time, rank, ...bytes) => messages.push({ tick: ticks(time), rank, bytes });
  for (const { pitch, velocity, start, end } of withoutOverlaps(notes)) {
    add(start, 1, 0x90, pitch, velocity);
    add(end, 0, 0x80, pitch, 0);
  }
  messages.sort((a, b) => a.tick - b.tick || a.rank - b.rank);
  add(seconds, 2, 0xb0, 64, 0); // gives the file its length
  const track = [];
  let now = 0;
  for (const { tick, bytes } of messages) {
    track.push(...quantity(tick - now), ...bytes);
    now = tick;
  }
  track.push(0, 0xff, 0x2f, 0);
  const header = [0, 0, 0, 1, ...bigEndian(TICKS_PER_SECOND / 2, 2)];
  return Uint8Array.from([...chunk("MThd", header), ...chunk("MTrk", track)]);
}

const ticks = (seconds) => Math.round(seconds * TICKS_PER_SECOND);

function withoutOverlaps(notes) {
  const next = new Map();
  return [...notes].reverse().sort((a, b) => b.start - a.start).map((note) => {
    const end = Math.min(note.end, next.get(note.pitch) ?? Infinity);
    next.set(note.pitch, note.start);
    return { ...note, end };
  }).filter(({ start, end }) => ticks(end) > ticks(start)).reverse();
}

const bigEndian = (value, size) => Array.from(
  { length: size }, (_, n) => (value >>> (8 * (size - 1 - n))) & 255,
);

const chunk = (name, content) => [
  ...Array.from(name, (letter) => letter.charCodeAt(0)), ...bigEndian(content.length, 4),
  ...content,
];

// A variable-length quantity.
function quantity(value) {
  const digits = [value & 127];
  for (let rest = value >>> 7; rest; rest >>>= 7) digits.unshift((rest & 127) | 128);
  return digits;
}

// What a person plays, as events.
class Primer {
  constructor() {
    this.events = [];
    this.down = new Set();
    this.loudness = null;
    this.latest = null; // step of the last event
  }

  // Take note of a message at a time in seconds.
  hear([status, pitch, velocity], seconds) {
    const isOn = status >> 4 === 9 && velocity > 0;
    if (!isOn && !this.down.has(pitch)) return;
    this.pass(seconds);
    if (isOn) {
      if (this.down.has(pitch)) this.events.push(128 + pitch);
      const loudness = (velocity - 1) >> 2;
      if (loudness !== this.loudness) this.events.push(356 + loudness);
      this.loudness = loudness;
      this.down.add(pitch);
      this.events.push(pitch);
    } else {
      this.down.delete(pitch);
      this.events.push(128 + pitch);
    }
  }

  // Let time pass up to `seconds`.
  pass(seconds) {
    const step = Math.round(seconds * 100);
    let missing = step - (this.latest ?? step);
    this.latest = step;
    for (; missing > 0; missing -= 100) this.events.push(255 + Math.min(missing, 100));
  }
}
