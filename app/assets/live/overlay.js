// Boxes and labels on the camera's own picture. A result is late by as long as a frame travels and is analysed; where
// the face is now, its speed says. What the last guess was off by fades within a moment, so that boxes neither jump nor
// trail behind.

const REACH_MS = 150; // a speed says nothing about later
const FADE_MS = 70;
const STALE_MS = 1000;
const STILL_STALE_MS = 4000;
const GONE_MS = 10_000;
const LAGS_KEPT_MS = 3000;
const RESULTS_KEPT = 24;
const SHAPES_DIFFER = 0.02;

class Overlay {
  // `unsure`: {colour, ink}, for faces whose result is no longer new.
  constructor(canvas, unsure) {
    this.canvas = canvas;
    this.unsure = unsure;
    this.context = canvas.getContext("2d");
    this.results = []; // {at, came, faces: Map, width, height}, oldest first
    this.residuals = new Map(); // by face: what the guess before the newest result was off by
    this.lags = [];
    this.lagMs = null;
    window.ferOverlay = this; // for measurements
    this.boxes = []; // as drawn last, in shares of the picture, mirrored as the picture is
  }

  // A result; `uplinkMs` is the part of its frame's way that the server could not see.
  take(message, feed, uplinkMs = 0) {
    const now = performance.now();
    const here = feed.here(message.at);
    const at = here === null ? now - message.sent + message.at : Math.min(now, here - uplinkMs);
    const last = this.results.at(-1);
    if (last && at < last.at - STALE_MS) this.results = []; // another server's clock
    const before = this.placesAt(now);
    const result = { at, came: now, width: message.width, height: message.height };
    result.faces = new Map(message.faces.map((face) => [face.id, face]));
    this.results.push(result);
    if (this.results.length > RESULTS_KEPT) this.results.shift();
    this.residuals = new Map();
    for (const [id, place] of this.guess(result, now)) {
      const old = before.get(id);
      if (old) this.residuals.set(id, { x: old.x - place.x, y: old.y - place.y, w: old.w - place.w, h: old.h - place.h });
    }
    this.noteLag(now, now - at);
  }

  noteLag(now, lag) {
    this.lags.push([now, lag]);
    while (now - this.lags[0][0] > LAGS_KEPT_MS) this.lags.shift();
    const sorted = this.lags.map((one) => one[1]).sort((a, b) => a - b);
    this.lagMs = sorted[sorted.length >> 1];
    this.slowLagMs = sorted[Math.floor(sorted.length * 0.9)];
  }

  forget() {
    this.results = [];
    this.residuals.clear();
    this.lags = [];
    this.lagMs = null;
  }

  // By face, where the newest result says that it is at `now`.
  guess(result, now) {
    const seconds = Math.max(0, Math.min(now - result.at, REACH_MS)) / 1000;
    return new Map([...result.faces].map(([id, f]) => [id, { x: f.x + f.vx * seconds, y: f.y + f.vy * seconds, w: f.w, h: f.h }]));
  }

  placesAt(now) {
    const result = this.results.at(-1);
    if (!result || now - result.came > GONE_MS) return new Map();
    const places = this.guess(result, now);
    const rest = Math.exp(-(now - result.came) / FADE_MS);
    for (const [id, place] of places) {
      const residual = this.residuals.get(id);
      for (const key of residual ? ["x", "y", "w", "h"] : []) place[key] += residual[key] * rest;
    }
    return places;
  }

  // Where faces were at a time that results know, between the one before it and the one after.
  placesThen(then) {
    const after = this.results.findIndex((result) => result.at > then);
    const first = this.results.at(after < 0 ? -1 : Math.max(0, after - 1));
    if (!first || then - first.at > GONE_MS) return new Map();
    if (after <= 0) return this.guess(first, then);
    const second = this.results[after];
    const share = (then - first.at) / (second.at - first.at || 1);
    const places = new Map();
    for (const [id, a] of first.faces) {
      const b = second.faces.get(id) ?? a;
      places.set(id, Object.fromEntries(["x", "y", "w", "h"].map((key) => [key, a[key] + (b[key] - a[key]) * share])));
    }
    return places;
  }

  // Draws what is known now, or with `delayMs` what was at the time of a delayed picture; on a still one nothing moves.
  draw(feed, { video, mirror, kind, muted = false, chosen = null, delayMs = 0, keep = false, isStill = false }) {
    const now = performance.now();
    const view = this.fit(video.videoWidth || 4, video.videoHeight || 3);
    if (!keep) this.context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    const newest = this.results.at(-1);
    this.boxes = [];
    if (!newest || kind === "nothing" || !sameShape(newest, video)) return;
    const isLate = muted || now - newest.at - delayMs > (isStill ? STILL_STALE_MS : STALE_MS);
    const places = isStill ? newest.faces : delayMs ? this.placesThen(now - delayMs) : this.placesAt(now);
    const taken = [];
    for (const [id, place] of places) {
      const face = newest.faces.get(id);
      if (!face) continue;
      const x = mirror ? 1 - place.x : place.x;
      this.boxes.push({ id, x, y: place.y, w: place.w, h: place.h });
      this.drawFace(view, face, { ...place, x }, { mirror, kind, isLate, isChosen: chosen === id, taken });
    }
  }

  // The canvas in the screen's pixels, and where the picture lies in it.
  fit(videoWidth, videoHeight) {
    const { canvas } = this;
    const ratio = window.devicePixelRatio || 1;
    const [width, height] = [Math.round(canvas.clientWidth * ratio), Math.round(canvas.clientHeight * ratio)];
    if (canvas.width !== width || canvas.height !== height) Object.assign(canvas, { width, height });
    const scale = Math.min(width / videoWidth, height / videoHeight);
    const [w, h] = [videoWidth * scale, videoHeight * scale];
    return { left: (width - w) / 2, top: (height - h) / 2, width: w, height: h, ratio };
  }

  drawFace(view, face, place, { mirror, kind, isLate, isChosen, taken }) {
    const { context } = this;
    const colour = isLate ? this.unsure.colour : face.colour;
    const [w, h] = [place.w * view.width, place.h * view.height];
    const [left, top] = [view.left + place.x * view.width - w / 2, view.top + place.y * view.height - h / 2];
    context.save();
    context.globalAlpha = isLate ? 0.6 : 1;
    context.lineWidth = (isChosen ? 4 : 2.5) * view.ratio;
    context.strokeStyle = colour;
    context.shadowColor = "rgba(0,0,0,.55)";
    context.shadowBlur = 3 * view.ratio;
    context.beginPath();
    context.roundRect(left, top, w, h, Math.min(10 * view.ratio, w / 6));
    const isLeaning = face.level === "leaning";
    if (isLeaning) context.setLineDash([9 * view.ratio, 7 * view.ratio]);
    context.stroke();
    context.setLineDash([]);
    if (kind === "landmarks" && face.points) this.drawPoints(view, face, place, mirror, colour);
    context.shadowBlur = 0;
    context.globalAlpha = isLate ? 0.85 : 1; // words can be read longer than a box is true
    const { ground, ink } = isLate ? { ground: colour, ink: this.unsure.ink } : face;
    this.drawChip(view, face.text, { colour, ground, ink, isLeaning }, { left, top, w, h }, taken);
    context.restore();
  }

  // Landmarks move with the box.
  drawPoints(view, face, place, mirror, colour) {
    this.context.fillStyle = colour;
    for (const [px, py] of face.points) {
      const x = place.x + (mirror ? face.x - px : px - face.x);
      const y = place.y + py - face.y;
      this.context.beginPath();
      this.context.arc(view.left + x * view.width, view.top + y * view.height, 3 * view.ratio, 0, 2 * Math.PI);
      this.context.fill();
    }
  }

  drawChip(view, text, { colour, ground, ink, isLeaning }, box, taken) {
    const { context, canvas } = this;
    const px = Math.round(Math.max(13, Math.min(20, view.height / view.ratio / 26)) * view.ratio);
    context.font = `600 ${px}px system-ui, sans-serif`;
    const [w, h] = [context.measureText(text).width + px, px * 1.6];
    const left = Math.max(0, Math.min(box.left, canvas.width - w));
    const gap = 2 * view.ratio, inside = box.top + gap;
    // Below comes late: cards may lie there.
    const places = [box.top - h - gap, box.top - 2 * (h + gap), box.top + box.h + gap, inside];
    const isFree = (top) =>
      top >= 0 && top + h <= canvas.height && taken.every((t) => left + w < t.left || left > t.left + t.w || top + h < t.top || top > t.top + t.h);
    const top = places.find(isFree) ?? Math.max(0, Math.min(inside, canvas.height - h));
    taken.push({ left, top, w, h });
    context.fillStyle = ground;
    context.beginPath();
    context.roundRect(left, top, w, h, h / 3);
    context.fill();
    if (isLeaning) {
      context.strokeStyle = colour;
      context.lineWidth = 1.5 * view.ratio;
      context.setLineDash([4 * view.ratio, 3 * view.ratio]);
      context.stroke();
      context.setLineDash([]);
    }
    context.fillStyle = ink;
    context.textBaseline = "middle";
    context.fillText(text, left + px / 2, top + h / 2);
  }
}

// Whether boxes fit the picture: not in the moment after a phone was turned.
function sameShape(result, video) {
  if (!video.videoWidth) return false;
  const [a, b] = [result.width * video.videoHeight, result.height * video.videoWidth];
  return Math.abs(a - b) <= SHAPES_DIFFER * Math.max(a, b);
}
