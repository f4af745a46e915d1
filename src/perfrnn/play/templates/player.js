// Events to notes: when each sounds, what was heard, and how often sound came too late.
"use strict";

const AHEAD = 0.7; // seconds of music that are there before they sound, on a machine that keeps up
const MOST_AHEAD = 1.2; // on one that does not
const HEADSTART = 0.1;
const DEFAULT_VELOCITY = 100;

class Player {
  constructor(piano) {
    this.piano = piano;
    this.notes = []; // pitch, velocity, start and end in seconds since the first note
    this.late = 0;
    this.ahead = AHEAD;
    this.zero = null; // time of the audio context when the first music began
    this.begin(0);
  }

  get now() {
    return this.zero === null ? 0 : this.piano.context.currentTime - this.zero;
  }

  // Begin with music of its own; what has not sounded yet of the last one never will.
  begin(maxNoteSeconds) {
    const { now } = this;
    this.piano.silence();
    this.notes = this.notes.filter(({ start }) => start < now);
    for (const note of this.notes) note.end = Math.min(note.end, now);
    this.maxNoteSeconds = maxNoteSeconds;
    this.base = null; // when step 0 sounds
    this.step = 0;
    this.velocity = DEFAULT_VELOCITY;
    this.sounding = new Map(); // the notes of each pitch, oldest first
    this.voices = new Map();
  }

  // The step up to which music should be there by now.
  wanted() {
    const passed = this.base === null ? 0 : this.now - this.base;
    return Math.ceil((passed + this.ahead) * STEPS_PER_SECOND);
  }

  play(events) {
    const { context } = this.piano;
    this.zero ??= context.currentTime + HEADSTART;
    this.base ??= Math.max(0, this.now + HEADSTART);
    for (const event of events) {
      if (isShift(event)) this.step += stepsOf(event);
      else if (event >= VELOCITY) this.velocity = loudnessOf(event);
      else if (isNoteOn(event)) this.strike(event, this.velocity, this.when());
      else this.release(event - NOTE_OFF, this.when());
    }
  }

  // Return when the current step sounds. Where that is over, all that comes is put off, by enough
  // for the worker to get ahead again: one pause is better than stumbling from note to note.
  when() {
    const when = this.base + this.step / STEPS_PER_SECOND;
    const lateness = this.now - when;
    if (lateness <= 0) return when;
    this.late += 1;
    this.ahead = Math.min(this.ahead + HEADSTART, MOST_AHEAD);
    this.base += lateness + this.ahead / 2;
    return when + lateness + this.ahead / 2;
  }

  strike(pitch, velocity, start) {
    const time = start + this.zero;
    const before = this.voices.get(pitch);
    if (before) this.piano.release(before, time);
    const voice = this.piano.strike(pitch, velocity, time);
    this.piano.release(voice, time + this.maxNoteSeconds);
    const note = { pitch, velocity, start, end: start + this.maxNoteSeconds, voice };
    this.voices.set(pitch, voice);
    this.sounding.set(pitch, [...(this.sounding.get(pitch) ?? []), note]);
    this.notes.push(note);
  }

  // End the oldest sounding note of a pitch, if there is one.
  release(pitch, end) {
    const note = this.sounding.get(pitch)?.shift();
    if (!note) return;
    note.end = Math.min(note.end, end);
    this.piano.release(note.voice, note.end + this.zero);
  }

  // The notes that were heard, up to now.
  heard() {
    const { now } = this;
    return this.notes.filter(({ start }) => start < now)
      .map((note) => ({ ...note, end: Math.min(note.end, now) }));
  }
}
