// A sampled piano: every third semitone in two loudnesses, played by Web Audio.
"use strict";

const DAMPING = 0.07; // seconds in which a damped string loses two thirds of its loudness
const SILENT = 10 ** (-50 / 20); // of a sample's peak: what comes before it is the codec's delay
const LEVEL = 0.5; // leaves room for chords
const FADE = 0.03; // seconds, so that nothing clicks

class Piano {
  constructor(context) {
    this.context = context;
    this.samples = [];
    const limiter = new DynamicsCompressorNode(context, { threshold: -8, ratio: 12, attack: 0.002 });
    this.volume = new GainNode(context, { gain: LEVEL });
    this.volume.connect(limiter).connect(context.destination);
    this.strings = this.newStrings();
  }

  newStrings() {
    const strings = new GainNode(this.context);
    strings.connect(this.volume);
    return strings;
  }

  // `samples` are those of `perfrnn.play.piano`: pitch, velocity and an MP3 in base64.
  async load(samples) {
    this.samples = await Promise.all(samples.map(async ({ pitch, velocity, mp3 }) => {
      const bytes = Uint8Array.from(atob(mp3), (letter) => letter.charCodeAt(0));
      const buffer = await this.context.decodeAudioData(bytes.buffer);
      return { pitch, velocity, buffer, onset: onsetOf(buffer) };
    }));
  }

  // Strike a key at a time of the context; return what `release` takes.
  strike(pitch, velocity, when) {
    const { samples, context } = this;
    const distance = (sample) => Math.abs(sample.pitch - pitch)
      + 10 * Math.abs(Math.log(sample.velocity / velocity));
    const sample = samples.reduce((a, b) => (distance(b) < distance(a) ? b : a));
    const source = new AudioBufferSourceNode(context, {
      buffer: sample.buffer,
      playbackRate: 2 ** ((pitch - sample.pitch) / 12),
    });
    // Synthesizers square velocities.
    const gain = new GainNode(context, { gain: (velocity / sample.velocity) ** 2 });
    source.connect(gain).connect(this.strings);
    source.start(when, sample.onset);
    source.addEventListener("ended", () => gain.disconnect());
    return { source, gain, end: Infinity };
  }

  // Damp a string; of several times the first one counts.
  release(voice, when) {
    if (when >= voice.end) return;
    voice.end = when;
    voice.gain.gain.cancelScheduledValues(0);
    voice.gain.gain.setTargetAtTime(0, when, DAMPING);
    voice.source.stop(when + 8 * DAMPING);
  }

  // Stop whatever sounds or would sound.
  silence() {
    const { strings } = this;
    strings.gain.setTargetAtTime(0, this.context.currentTime, FADE / 3);
    setTimeout(() => strings.disconnect(), 10 * FADE * 1000);
    this.strings = this.newStrings();
  }

  // Stop the time of the context, and let it go on.
  async stop() {
    this.volume.gain.setTargetAtTime(0, this.context.currentTime, FADE / 3);
    await new Promise((done) => { setTimeout(done, 3 * FADE * 1000); });
    await this.context.suspend();
  }

  async goOn() {
    await this.context.resume();
    this.volume.gain.setTargetAtTime(LEVEL, this.context.currentTime, FADE / 3);
  }
}

// Return the seconds before a sound begins, which differ from decoder to decoder.
function onsetOf(buffer) {
  const wave = buffer.getChannelData(0);
  const peak = wave.reduce((most, value) => Math.max(most, Math.abs(value)), 0);
  const first = wave.findIndex((value) => Math.abs(value) > SILENT * peak);
  return Math.max(0, first / buffer.sampleRate - 0.001);
}
