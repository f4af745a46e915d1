// Events, and what keeps a stream of them alive, as in `perfrnn.generation.guards`.
"use strict";

const NOTE_OFF = 128;
const TIME_SHIFT = 256;
const VELOCITY = 356;
const STEPS_PER_SECOND = 100;
const LONGEST_SHIFT = VELOCITY - 1; // of a second: how generation starts

const isNoteOn = (event) => event < NOTE_OFF;
const isNoteOff = (event) => event >= NOTE_OFF && event < TIME_SHIFT;
const isShift = (event) => event >= TIME_SHIFT && event < VELOCITY;
const stepsOf = (event) => (isShift(event) ? event - TIME_SHIFT + 1 : 0);
const loudnessOf = (event) => 1 + 4 * (event - VELOCITY); // MIDI velocity of a VELOCITY event

class Guards {
  static ALLOWANCE = 400; // events other than shifts, a second

  constructor(maxPauseSeconds) {
    this.maxPause = maxPauseSeconds * STEPS_PER_SECOND;
    this.allowance = Guards.ALLOWANCE;
    this.pause = 0;
  }

  // Set the logits of events that may not come next to -Infinity.
  restrict(logits) {
    if (this.allowance < 1) {
      logits.fill(-Infinity, 0, TIME_SHIFT).fill(-Infinity, VELOCITY);
    } else if (this.pause >= this.maxPause) {
      logits.fill(-Infinity, NOTE_OFF);
    }
  }

  observe(event) {
    const steps = stepsOf(event);
    const change = steps ? steps * (Guards.ALLOWANCE / STEPS_PER_SECOND) : -1;
    this.allowance = Math.min(this.allowance + change, Guards.ALLOWANCE);
    this.pause = isNoteOn(event) ? 0 : this.pause + steps;
  }
}
