// The plane of valence (unpleasant to pleasant) and arousal (calm to excited) with the face's place in it and where it
// has been in the last ten seconds.

const TRAIL_MS = 10_000;
const TRAIL_STEPS = 12; // degrees of fading
const TRAIL_BREAK_MS = 1000;

class AffectPlane {
  constructor(root, emotions, { trail }) {
    this.root = root;
    this.trailColour = trail;
    this.canvas = root.querySelector("canvas");
    this.words = root.querySelector(".place-words");
    this.valence = root.querySelector(".valence-value");
    this.arousal = root.querySelector(".arousal-value");
    const square = root.querySelector(".square");
    // Where each expression alone would lie; the point is their mean.
    for (const { name, colour, place } of emotions) {
      const dot = square.insertBefore(document.createElement("i"), this.canvas);
      dot.className = "home";
      dot.title = name;
      dot.style.background = colour;
      dot.style.left = `${50 + place[0] * 50}%`;
      dot.style.top = `${50 - place[1] * 50}%`;
    }
  }

  fit() {
    const size = this.canvas.clientWidth, ratio = window.devicePixelRatio || 1;
    if (!size || (size === this.size && ratio === this.ratio)) return false;
    Object.assign(this, { size, ratio });
    this.canvas.width = this.canvas.height = Math.round(size * ratio);
    return true;
  }

  // `frames` of the trail, oldest first; the point is there while the face is in view, which `colour` says;
  // a ring where `isLeaning`; with `isTold` its numbers are renewed, too.
  draw(frames, { face, now, colour, isLeaning, isTold }) {
    if (!this.size) return;
    const context = this.canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    context.setTransform(this.ratio, 0, 0, this.ratio, 0, 0);
    const places = this.places(frames, face, now);
    this.isEmpty = !places.some(Boolean);
    this.drawTrail(context, places, now);
    const last = places[places.length - 1];
    if (last && colour) this.drawPoint(context, last, colour, isLeaning);
    if (isTold) this.tell(last && colour ? last : null);
  }

  // A null is where the trail breaks.
  places(frames, face, now) {
    const places = [];
    for (const frame of frames) {
      if (frame.at > now) break;
      const from = valuesOf(frame, face);
      const before = places[places.length - 1];
      if (from < 0 || (before && frame.at - before.at > TRAIL_BREAK_MS)) places.push(null);
      if (from < 0) continue;
      const valence = frame.values[from + SHARES], arousal = frame.values[from + SHARES + 1];
      places.push({ at: frame.at, valence, arousal, x: ((1 + valence) / 2) * this.size, y: ((1 - arousal) / 2) * this.size });
    }
    return places;
  }

  drawTrail(context, places, now) {
    context.lineCap = context.lineJoin = "round";
    context.strokeStyle = this.trailColour;
    for (let step = 0, i = 1; step < TRAIL_STEPS; step++) {
      const until = now - TRAIL_MS * (1 - (step + 1) / TRAIL_STEPS);
      const fresh = (step + 1) / TRAIL_STEPS;
      context.globalAlpha = 0.08 + 0.72 * fresh * fresh;
      context.lineWidth = 1 + 1.5 * fresh;
      context.beginPath();
      for (; i < places.length && (places[i] === null || places[i].at <= until); i++) {
        if (!places[i] || !places[i - 1]) continue;
        context.moveTo(places[i - 1].x, places[i - 1].y);
        context.lineTo(places[i].x, places[i].y);
      }
      context.stroke();
    }
    context.globalAlpha = 1;
  }

  drawPoint(context, { x, y }, colour, isRing) {
    context.beginPath();
    context.arc(x, y, 7, 0, 2 * Math.PI);
    context.fillStyle = "#fff";
    context.fill();
    context.lineWidth = 1;
    context.strokeStyle = "#0006";
    context.stroke();
    context.beginPath();
    context.arc(x, y, isRing ? 4.25 : 5, 0, 2 * Math.PI);
    context.fillStyle = context.strokeStyle = colour;
    context.lineWidth = 2.5;
    if (isRing) context.stroke();
    else context.fill();
  }

  tell(place) {
    setText(this.valence, place ? signedTwo(place.valence) : "–");
    setText(this.arousal, place ? signedTwo(place.arousal) : "–");
    setText(this.words, place ? placeWords(place) : "No face");
  }

  summary() {
    const words = this.words.textContent;
    return words === "No face" ? "No face in view." : `${words}: valence ${this.valence.textContent}, arousal ${this.arousal.textContent}.`;
  }
}

function placeWords({ valence, arousal }) {
  const near = 0.15;
  const pleasure = valence < -near ? "unpleasant" : valence > near ? "pleasant" : "";
  const energy = arousal < -near ? "calm" : arousal > near ? "excited" : "";
  const words = [pleasure, energy].filter(Boolean).join(", ") || "neutral";
  return words[0].toUpperCase() + words.slice(1);
}
