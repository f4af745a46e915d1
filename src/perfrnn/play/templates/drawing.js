// From logits to an event, as in `perfrnn.generation.drawing`, where it is explained.
"use strict";

const MAX_UNIFORM = 1 - 2 ** -52;

// Return the probabilities to draw with, up to a factor.
function masses(logits, { temperature = 1, topK = null, topP = null, minP = null }) {
  const highest = logits.reduce((most, logit) => Math.max(most, logit), -Infinity);
  const mass = Float64Array.from(logits, (logit) => Math.exp((logit - highest) / temperature));
  if (topK !== null || topP !== null) keepTop(mass, topK, topP);
  if (minP !== null) {
    const least = minP * mass.reduce((most, value) => Math.max(most, value), 0);
    mass.forEach((value, event) => { if (value < least) mass[event] = 0; });
  }
  return mass;
}

// Set to 0 what top-k or top-p leave out; of equals the first stay.
function keepTop(mass, topK, topP) {
  const order = Array.from(mass.keys()).sort((a, b) => mass[b] - mass[a]);
  if (topK !== null) for (const event of order.slice(topK)) mass[event] = 0;
  if (topP === null) return;
  const enough = topP * order.reduce((sum, event) => sum + mass[event], 0);
  let before = 0;
  order.forEach((event, rank) => {
    const value = mass[event];
    if (rank > 0 && before >= enough) mass[event] = 0;
    before += value;
  });
}

// Draw an event by inversion of its distribution.
function draw(mass, uniform) {
  const threshold = Math.min(uniform, MAX_UNIFORM) * mass.reduce((sum, value) => sum + value, 0);
  let cumulative = 0;
  return mass.findIndex((value) => {
    cumulative += value;
    return cumulative > threshold;
  });
}
