// Label, the seven expressions and valence over the last seconds or minutes, on three canvases with one time axis. They
// hold only what has the same colour on light and dark; axes, the hairline and the values read are HTML.

const MARKS_S = { 15: [15, 10, 5], 30: [30, 20, 10], 60: [60, 40, 20], 120: [120, 90, 60, 30], 300: [300, 240, 180, 120, 60] };
const STRIP_HEIGHTS = { named: 1, leaning: 0.6, unsure: 0.25 }; // the surer, the higher
const NEAREST_COLUMNS = 24; // a bridged column reads as the measured one beside it, which is no farther

class HistoryChart {
  constructor(root, emotions, { unsure, valence }) {
    this.root = root;
    this.emotions = emotions;
    this.unsureColour = unsure;
    this.valenceColour = valence;
    this.strip = root.querySelector(".strip canvas");
    this.shares = root.querySelector(".shares canvas");
    this.valence = root.querySelector(".valence canvas");
    this.axis = root.querySelector(".axis");
    this.reader = root.querySelector(".reader");
    this.hairline = root.querySelector(".hairline");
    this.tip = root.querySelector(".tip");
    this.width = 0; // of the plots, in CSS pixels
    this.readAt = null; // where the viewer reads: share of the width, 0 to 1; null for nowhere
    this.columns = null;
    this.drawnAt = null;
    this.fillTip();
    this.listenToReader();
  }

  // Gives whether the size has changed, so that the columns must be others.
  fit() {
    const width = Math.round(this.reader.clientWidth), ratio = window.devicePixelRatio || 1;
    if (!width || (width === this.width && ratio === this.ratio)) return false;
    this.width = width;
    this.ratio = ratio;
    for (const canvas of [this.strip, this.shares, this.valence]) {
      canvas.width = Math.round(width * ratio);
      canvas.height = Math.round(canvas.clientHeight * ratio);
    }
    this.drawnAt = null;
    return true;
  }

  // Look at these columns from now on; the last ones shown reach from `windowS` ago to now.
  show(columns, { windowS, isStacked }) {
    Object.assign(this, { columns, windowS, isStacked, drawnAt: null });
    if (this.marksFor === windowS) return;
    this.marksFor = windowS;
    const marks = MARKS_S[windowS].map((seconds) => this.mark(1 - seconds / windowS, markWords(seconds, windowS)));
    this.end = this.mark(1, "now");
    this.axis.replaceChildren(...marks, this.end);
  }

  mark(share, words) {
    const mark = document.createElement("span");
    mark.style.left = `${share * 100}%`;
    mark.textContent = words;
    return mark;
  }

  // Milliseconds for which the picture moves by one of the screen's pixels.
  get stepMs() {
    return (this.windowS * 1000) / (this.width * this.ratio);
  }

  isDue(now) {
    return this.width > 0 && this.columns !== null && (this.drawnAt === null || Math.abs(now - this.drawnAt) >= this.stepMs);
  }

  draw(now, { isPaused }) {
    this.drawnAt = now;
    this.now = now;
    this.columns.read(now);
    const words = isPaused ? "paused" : "now";
    if (this.end.textContent !== words) this.end.textContent = words;
    const runs = this.runs();
    this.drawStrip(runs);
    this.drawShares(runs);
    this.drawValence(runs);
    if (this.readAt !== null) this.showReading();
  }

  x(at) {
    return (1 - (this.now - at) / (this.windowS * 1000)) * this.width;
  }

  // First and last column of each stretch without a gap.
  runs() {
    const { states, count } = this.columns, runs = [];
    for (let i = 0; i < count; i++) {
      if (states[i] === GAP) continue;
      const from = i;
      while (i + 1 < count && states[i + 1] !== GAP) i++;
      runs.push([from, i]);
    }
    return runs;
  }

  begin(canvas) {
    const context = canvas.getContext("2d");
    context.setTransform(1, 0, 0, 1, 0, 0);
    context.clearRect(0, 0, canvas.width, canvas.height);
    context.setTransform(this.ratio, 0, 0, canvas.height / canvas.clientHeight, 0, 0);
    return context;
  }

  // What the face was called; stretches of one label are one bar.
  drawStrip(runs) {
    const { calls, times, columnMs } = this.columns, half = columnMs / 2;
    const context = this.begin(this.strip), height = this.strip.clientHeight;
    for (const [from, to] of runs) {
      for (let i = from; i <= to; i++) {
        const start = i;
        while (i < to && calls[i + 1] === calls[start]) i++;
        const left = this.x(times[start] - half), high = height * STRIP_HEIGHTS[levelOf(calls[start])];
        context.fillStyle = this.emotions[emotionOfCall(calls[start])]?.colour ?? this.unsureColour;
        context.fillRect(left, height - high, this.x(times[i] + half) - left, high);
      }
    }
  }

  drawShares(runs) {
    const context = this.begin(this.shares), height = this.shares.clientHeight;
    if (this.isStacked) this.drawAreas(context, runs, height);
    else this.drawLines(context, runs, height);
  }

  // From the whole stack down to its lowest share, each over the one before: no seams between neighbours.
  drawAreas(context, runs, height) {
    const { means, times, columnMs } = this.columns, half = columnMs / 2;
    const sums = (this.sums = this.sums?.length === times.length ? this.sums : new Float32Array(times.length));
    for (const [from, to] of runs) {
      for (let i = from; i <= to; i++) {
        sums[i] = 0;
        for (let k = 0; k < SHARES; k++) sums[i] += means[i * VALUES + k];
      }
      for (let k = SHARES - 1; k >= 0; k--) {
        context.beginPath();
        context.moveTo(this.x(times[from] - half), height);
        context.lineTo(this.x(times[from] - half), height * (1 - sums[from]));
        for (let i = from; i <= to; i++) context.lineTo(this.x(times[i]), height * (1 - sums[i]));
        context.lineTo(this.x(times[to] + half), height * (1 - sums[to]));
        context.lineTo(this.x(times[to] + half), height);
        context.fillStyle = this.emotions[k].colour;
        context.fill();
        for (let i = from; i <= to; i++) sums[i] -= means[i * VALUES + k];
      }
    }
  }

  drawLines(context, runs, height) {
    const inner = height - 3; // the line's own width stays inside at 0 and 1
    for (let k = 0; k < SHARES; k++) {
      this.line(context, runs, k, (value) => 1.5 + inner * (1 - value), this.emotions[k].colour, 1.75);
    }
  }

  drawValence(runs) {
    const context = this.begin(this.valence), inner = this.valence.clientHeight - 3;
    this.line(context, runs, SHARES, (value) => 1.5 + (inner * (1 - value)) / 2, this.valenceColour, 2);
  }

  line(context, runs, which, y, colour, width) {
    const { means, times, columnMs } = this.columns, half = columnMs / 2;
    context.beginPath();
    for (const [from, to] of runs) {
      context.moveTo(this.x(times[from] - half), y(means[from * VALUES + which]));
      for (let i = from; i <= to; i++) context.lineTo(this.x(times[i]), y(means[i * VALUES + which]));
      context.lineTo(this.x(times[to] + half), y(means[to * VALUES + which]));
    }
    context.strokeStyle = colour;
    context.lineWidth = width;
    context.lineJoin = "round";
    context.stroke();
  }

  fillTip() {
    this.tipTime = this.tip.querySelector(".when");
    this.tipCalled = this.tip.querySelector(".called");
    const list = this.tip.querySelector("ul");
    const row = (name, colour) => {
      const item = document.createElement("li");
      const dot = item.appendChild(document.createElement("i"));
      dot.style.background = colour;
      item.appendChild(document.createElement("span")).textContent = name;
      return list.appendChild(item).appendChild(document.createElement("b"));
    };
    this.tipValues = this.emotions.map(({ name, colour }) => row(name, colour));
    this.tipValence = row("Valence", this.valenceColour);
  }

  listenToReader() {
    const at = (event) => (event.clientX - this.reader.getBoundingClientRect().left) / this.width;
    this.reader.addEventListener("pointermove", (event) => this.read(at(event)));
    this.reader.addEventListener("pointerdown", (event) => this.read(at(event)));
    // A finger's reading stays until the next touch elsewhere: it hides what it points at.
    this.reader.addEventListener("pointerleave", (event) => event.pointerType === "mouse" && this.read(null));
    this.reader.addEventListener("blur", () => this.read(null));
    this.reader.addEventListener("keydown", (event) => this.onKey(event));
  }

  onKey(event) {
    const step = (event.shiftKey ? 10 : 1) / Math.max(1, this.width / 4);
    const moves = {
      ArrowLeft: (at) => at - step,
      ArrowRight: (at) => at + step,
      PageUp: (at) => at + 0.1,
      PageDown: (at) => at - 0.1,
      Home: () => 0,
      End: () => 1,
      Escape: () => null,
    };
    if (!(event.key in moves)) return;
    if (event.key === "Escape" && this.readAt === null) return;
    this.read(moves[event.key](this.readAt ?? 1));
    event.preventDefault(); // the page would scroll
    event.stopPropagation();
  }

  read(share) {
    this.readAt = share === null ? null : Math.min(1, Math.max(0, share));
    this.showReading();
  }

  // The column there, or the measured one beside a bridged one; null in a gap.
  readColumn() {
    const { states, count, columnMs } = this.columns;
    const shown = this.now - (1 - this.readAt) * this.windowS * 1000;
    const last = Math.floor(this.now / columnMs);
    const column = Math.min(count - 1, Math.max(0, count - 1 - (last - Math.floor(shown / columnMs))));
    if (states[column] === GAP) return { column, isSeen: false };
    for (let far = 0; far <= NEAREST_COLUMNS; far++) {
      if (states[column - far] === MEASURED) return { column: column - far, isSeen: true };
      if (states[column + far] === MEASURED) return { column: column + far, isSeen: true };
    }
    return { column, isSeen: true };
  }

  showReading() {
    const isShown = this.readAt !== null && this.columns !== null && this.now !== undefined;
    this.hairline.hidden = this.tip.hidden = !isShown;
    if (!isShown) {
      this.reader.setAttribute("aria-valuetext", "No moment chosen. Use the arrow keys.");
      return;
    }
    const { column, isSeen } = this.readColumn();
    const { means, times, calls } = this.columns;
    const x = Math.min(this.width, Math.max(0, isSeen ? this.x(times[column]) : this.readAt * this.width));
    const secondsAgo = Math.max(0, (1 - x / this.width) * this.windowS);
    this.hairline.style.transform = `translateX(${x.toFixed(1)}px)`;
    const isLeft = x > this.width / 2;
    this.tip.style.transform = `translateX(${(x + (isLeft ? -10 : 10)).toFixed(1)}px)${isLeft ? " translateX(-100%)" : ""}`;
    this.tip.dataset.seen = String(isSeen);
    setText(this.tipTime, isSeen ? agoWords(secondsAgo) : `${agoWords(secondsAgo)}: no face`);
    const called = isSeen ? this.callWords(calls[column]) : "";
    setText(this.tipCalled, called);
    const value = (k) => means[column * VALUES + k];
    this.tipValues.forEach((cell, k) => setText(cell, isSeen ? wholePercent(value(k)) : "–"));
    setText(this.tipValence, isSeen ? signedTwo(value(SHARES)) : "–");
    this.reader.setAttribute("aria-valuenow", String(-Math.round(secondsAgo)));
    this.reader.setAttribute("aria-valuetext", isSeen ? `${agoWords(secondsAgo)}: ${called}; ${this.inWords(value)}` : this.tipTime.textContent);
  }

  callWords(call) {
    const name = this.emotions[emotionOfCall(call)]?.name;
    if (!name) return "Unsure";
    return isLeaningCall(call) ? `Probably ${name.toLowerCase()}` : name;
  }

  inWords(value) {
    const shares = this.emotions.map(({ name }, k) => [value(k), name]).sort((a, b) => b[0] - a[0]);
    return shares.filter(([share]) => share >= 0.005).map(([share, name]) => `${name.toLowerCase()} ${wholePercent(share)}`).join(", ");
  }

  // What is shown, in one or two sentences.
  summary(who) {
    if (!this.columns || this.now === undefined) return "No values yet.";
    const { means, calls, states, count } = this.columns, sums = new Float64Array(VALUES);
    const levels = { named: 0, leaning: 0, unsure: 0 };
    let seen = 0;
    for (let i = 0; i < count; i++) {
      if (states[i] === GAP) continue;
      seen++;
      levels[levelOf(calls[i])]++;
      for (let k = 0; k < VALUES; k++) sums[k] += means[i * VALUES + k];
    }
    const time = this.windowS < 60 ? `${this.windowS} seconds` : this.windowS === 60 ? "minute" : `${this.windowS / 60} minutes`;
    if (!seen) return `Last ${time}, ${who}: no face in view.`;
    const mean = (k) => sums[k] / seen;
    return (
      `Last ${time}, ${who}: ${this.inWords(mean)} on average; valence ${signedTwo(mean(SHARES))}. ` +
      `In view for ${wholePercent(seen / count)} of the time: named ${wholePercent(levels.named / seen)}, ` +
      `probably ${wholePercent(levels.leaning / seen)}, unsure ${wholePercent(levels.unsure / seen)} of that.`
    );
  }
}

function markWords(seconds, windowS) {
  if (windowS >= 120) return `−${Math.floor(seconds / 60)}:${String(seconds % 60).padStart(2, "0")}`;
  return seconds === windowS ? `−${seconds} s` : `−${seconds}`;
}

function agoWords(seconds) {
  if (seconds >= 60) return `${Math.floor(seconds / 60)}:${String(Math.floor(seconds % 60)).padStart(2, "0")} min ago`;
  return seconds < 0.05 ? "now" : `${seconds.toFixed(1)} s ago`;
}

const levelOf = (call) => (call === UNSURE_CALL ? "unsure" : isLeaningCall(call) ? "leaning" : "named");
const wholePercent = (share) => `${Math.round(share * 100)}\u00a0%`;
const signedTwo = (value) => `${value < -0.004 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;

function setText(element, text) {
  if (element.textContent !== text) element.textContent = text;
}
