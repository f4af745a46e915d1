// A piano roll that scrolls: what was heard lies left of the line, what comes next right of it.
"use strict";

const LOWEST = 21;
const HIGHEST = 108;
const PIXELS_PER_SECOND = 80;
const NOW = 0.85; // part of the width that lies in the past
const MOST_DRAWN = 1500; // notes, from the last one on

function drawRoll(canvas, notes, now) {
  const { clientWidth: width, clientHeight: height } = canvas;
  const scale = devicePixelRatio || 1;
  if (canvas.width !== Math.round(width * scale)) canvas.width = Math.round(width * scale);
  if (canvas.height !== Math.round(height * scale)) canvas.height = Math.round(height * scale);
  const context = canvas.getContext("2d");
  const style = getComputedStyle(canvas);
  const line = NOW * width;
  const row = height / (HIGHEST - LOWEST + 1);
  const x = (seconds) => line + (seconds - now) * PIXELS_PER_SECOND;
  const y = (pitch) => (HIGHEST - pitch) * row;
  context.setTransform(scale, 0, 0, scale, 0, 0);
  context.clearRect(0, 0, width, height);
  context.fillStyle = style.getPropertyValue("--line");
  for (let pitch = 24; pitch <= HIGHEST; pitch += 12) context.fillRect(0, y(pitch) + row, width, 1);
  context.fillStyle = style.getPropertyValue("--link");
  for (const { pitch, velocity, start, end } of notes.slice(-MOST_DRAWN)) {
    const right = x(Math.min(end, Math.max(now, start + 0.05)));
    if (right < 0) continue;
    context.globalAlpha = (start > now ? 0.35 : 1) * (0.35 + 0.65 * (velocity / 127));
    context.fillRect(x(start), y(pitch), Math.max(2, right - x(start)), Math.max(2, row));
  }
  context.globalAlpha = 1;
  context.fillStyle = style.getPropertyValue("--ink");
  context.fillRect(line, 0, 1, height);
}
