// The sidebar of the live page: what the face shows now, its last minutes, and its place between unpleasant and
// pleasant, calm and excited. It lives as long as the page; runs of the page only hand it new data. What the viewer
// chooses goes to Python as the states "window_s", "face", "is_stacked" and "paused".

const WINDOWS_S = { 15: "15 s", 30: "30 s", 60: "1 min", 120: "2 min", 300: "5 min" };
const REDRAW_EVERY_MS = 125; // each frame costs the whole page, which a slow computer needs for the video
const FAST_REDRAW_EVERY_MS = 66; // where the chart moves by some pixels in a redraw
const FAST_WINDOW_S = 15;
const TEXT_EVERY_MS = 250; // faster, nobody could read the numbers
const SUMMARY_EVERY_MS = 5000;
const STALE_MS = 2000;
const BELIEVE_SERVER_AFTER_MS = 5000; // a choice made here takes a while to arrive there

class Panel {
  constructor(root, data) {
    this.root = root;
    this.emotions = data.emotions;
    this.readings = root.querySelector(".readings");
    this.label = root.querySelector(".label");
    this.number = root.querySelector(".number");
    this.sure = root.querySelector(".sure");
    this.swatch = root.querySelector(".swatch");
    this.select = root.querySelector(".faces select");
    this.pauseButton = root.querySelector(".pause");
    this.bars = data.emotions.map((emotion) => this.bar(emotion));
    this.chart = new HistoryChart(root.querySelector(".charts"), data.emotions, data.colours);
    this.plane = new AffectPlane(root.querySelector(".affect"), data.emotions, data.colours);
    this.windowS = data.start.window_s;
    this.isStacked = data.start.is_stacked;
    this.isPaused = data.start.paused;
    this.startFace = data.start.face;
    this.frozenAt = null; // the server's time at which a paused panel stands
    this.changedPauseAt = -Infinity;
    this.shown = null; // the result that the readings are of
    this.tookAt = -Infinity; // when it came
    this.usedToMs = 60; // between two results
    this.textAt = this.summaryAt = this.redrawnAt = this.readingsAt = -Infinity;
    this.isInView = true;
    this.addControls();
    this.showPaused();
  }

  bar({ name, colour }) {
    const row = this.root.querySelector(".fer-bars").appendChild(document.createElement("li"));
    row.appendChild(document.createElement("span")).textContent = name;
    const fill = row.appendChild(document.createElement("div")).appendChild(document.createElement("i"));
    fill.style.background = colour;
    const value = row.appendChild(document.createElement("b"));
    value.textContent = "–";
    return { fill, value };
  }

  // Life

  start(data, tell) {
    this.tell = tell;
    if (this.feed && this.path !== data.feed) this.stop();
    if (this.feed) return;
    this.path = data.feed;
    this.feed = feedAt(data.feed);
    this.history = this.feed.faceHistory ??= new FaceHistory(this.emotions.map(({ name }) => name.toLowerCase())); // the feed outlives a panel that is taken away for a moment
    if (this.feed.history) this.history.addHistory(this.feed.history);
    if (this.feed.chosen === null && this.startFace !== null) this.feed.choose(this.startFace); // it was here before
    this.stopListening = this.feed.on((message) => this.take(message));
    this.sizes = new ResizeObserver(() => this.measure());
    this.sizes.observe(this.root.querySelector(".reader"));
    this.sizes.observe(this.plane.canvas);
    this.views = new IntersectionObserver(([entry]) => this.see(entry.isIntersecting));
    this.views.observe(this.root.querySelector(".panel"));
    this.onVisibility = () => this.wake();
    document.addEventListener("visibilitychange", this.onVisibility);
    this.take({ type: "chosen" });
    this.measure();
  }

  stop() {
    this.stopListening();
    this.sizes.disconnect();
    this.views.disconnect();
    document.removeEventListener("visibilitychange", this.onVisibility);
    this.sleep();
    this.feed = null;
  }

  see(isInView) {
    this.isInView = isInView;
    this.wake();
  }

  get isVisible() {
    return this.isInView && document.visibilityState === "visible";
  }

  measure() {
    const hasNewSize = this.chart.fit();
    if (hasNewSize) this.showColumns();
    if (this.plane.fit() || hasNewSize) this.wake({ isRedrawn: true });
  }

  // Messages

  take(message) {
    if (message.type === "result") this.takeResult(message);
    if (message.type === "status") this.takeStatus(message);
    if (message.type === "chosen") this.showChosen();
    if (message.type === "history") {
      this.history.addHistory(message);
      this.showFaces();
      this.wake({ isRedrawn: true });
    }
  }

  takeResult(result) {
    const frame = this.history.addResult(result);
    if (frame && !this.isPaused && this.columns?.version === this.history.version) this.columns.add(frame);
    if (result.faces.some((face) => !this.listed?.has(face.id))) this.showFaces();
    if (this.isPaused) return;
    const now = performance.now();
    if (this.shown) this.usedToMs += (now - this.tookAt - this.usedToMs) * 0.2;
    this.tookAt = now;
    this.shown = result;
    this.isNew = true;
    this.wake();
  }

  takeStatus({ paused, muted }) {
    this.readings.dataset.muted = String(muted);
    if (paused !== this.isPaused && performance.now() - this.changedPauseAt > BELIEVE_SERVER_AFTER_MS) this.setPaused(paused);
  }

  // The server's time now, without the small steps in which it becomes known better; null before it is known.
  get serverNow() {
    const now = performance.now();
    const known = this.feed.offset ?? (this.shown ? this.shown.sent - this.tookAt : null);
    if (known === null) return this.history.newest;
    if (this.offset === undefined || Math.abs(known - this.offset) > 500) this.offset = known;
    this.offset += (known - this.offset) * 0.05;
    return now + this.offset;
  }

  get chartNow() {
    if (!this.isPaused) return this.serverNow;
    return (this.frozenAt ??= this.history.newest);
  }

  // Drawing

  wake({ isRedrawn = false } = {}) {
    if (isRedrawn) this.chart.drawnAt = null;
    this.isNew ||= isRedrawn;
    if (!this.isVisible) return this.sleep();
    this.plan(this.redrawnAt + this.everyMs);
  }

  get everyMs() {
    return this.windowS <= FAST_WINDOW_S ? FAST_REDRAW_EVERY_MS : REDRAW_EVERY_MS;
  }

  plan(at) {
    if (this.frame || (this.timer && this.timerAt <= at)) return;
    clearTimeout(this.timer);
    this.timerAt = at;
    this.timer = setTimeout(() => {
      this.timer = null;
      this.frame = requestAnimationFrame(() => {
        this.frame = null;
        if (this.feed && this.isVisible) this.redraw();
      });
    }, Math.max(0, at - performance.now()));
  }

  sleep() {
    clearTimeout(this.timer);
    cancelAnimationFrame(this.frame);
    this.timer = this.frame = null;
  }

  redraw() {
    const now = (this.redrawnAt = performance.now());
    const result = this.isPaused || now - this.tookAt <= this.staleAfterMs ? this.shown : null;
    const isChanged = this.isNew || this.isTextDue || result !== this.drawn;
    if (isChanged && now - this.readingsAt >= REDRAW_EVERY_MS - 10) {
      this.drawn = result;
      this.readingsAt = now;
      this.isNew = false;
      this.showReadings(this.feed.face(result), now);
      this.isPlaneDue = true;
    }
    const at = this.chartNow;
    if (at !== null) {
      this.drawChart(at);
      this.drawPlane(at);
    }
    if (now - this.summaryAt >= SUMMARY_EVERY_MS) this.summarise(now);
    this.planNext(now, result);
  }

  get staleAfterMs() {
    return Math.min(10_000, Math.max(STALE_MS, this.usedToMs * 2.5));
  }

  drawChart(at) {
    if (this.columns && this.columns.version !== this.history.version) this.fillColumns();
    if (!this.chart.isDue(at)) return;
    this.chart.draw(at, { isPaused: this.isPaused });
    this.root.querySelector(".empty").hidden = this.history.newest !== null;
  }

  drawPlane(at) {
    if (!this.isPlaneDue) return;
    const face = this.feed.face(this.drawn);
    const frames = this.history.since(at - TRAIL_MS);
    this.plane.draw(frames, { face: this.feed.chosen, now: at + 200, colour: face?.colour, isLeaning: face?.level === "leaning", isTold: !this.isTextDue });
    // Without new results the trail fades until nothing is left of it.
    this.isPlaneDue = !this.isPaused && !this.plane.isEmpty;
  }

  planNext(now, result) {
    if (this.isNew || this.isTextDue || result !== this.drawn) this.plan(now + this.everyMs);
    if (this.isPaused) return;
    const newest = this.history.newest;
    if (newest === null) return;
    if (this.drawn) this.plan(this.tookAt + this.staleAfterMs + 1);
    const isMoving = this.chart.now - newest < this.windowS * 1000 + 1000;
    if (isMoving) this.plan(now + Math.max(this.everyMs, Math.min(1000, this.chart.stepMs || 1000)));
  }

  showReadings(face, now) {
    const isTextDue = now - this.textAt >= TEXT_EVERY_MS || this.readFace !== face?.id;
    this.isTextDue = !isTextDue;
    this.bars.forEach(({ fill, value }, k) => {
      const transform = `scaleX(${face ? Math.max(0.01, face.p[k]).toFixed(3) : 0})`;
      if (fill.style.transform !== transform) fill.style.transform = transform;
      if (isTextDue) setText(value, face ? wholePercent(face.p[k]) : "–");
    });
    if (!isTextDue) return;
    this.textAt = now;
    this.readFace = face?.id;
    this.readings.dataset.face = face ? String(face.id) : "none";
    this.readings.dataset.level = face?.level ?? "none";
    this.number.hidden = !face || !(this.shown.faces.length > 1 || this.feed.chosen !== null);
    setText(this.number, face ? String(face.id) : "");
    setText(this.label, face?.words ?? "No face");
    setText(this.sure, sureWords(face));
    this.swatch.style.setProperty("--colour", face?.colour ?? "transparent");
  }

  summarise(now) {
    this.summaryAt = now;
    const who = this.feed.chosen === null ? "largest face" : `face ${this.feed.chosen}`;
    this.root.querySelector(".shares .field").setAttribute("aria-label", this.chart.summary(who));
    this.root.querySelector(".square").setAttribute("aria-label", this.plane.summary());
  }

  showColumns() {
    if (!this.chart.width || !this.feed) return;
    this.columns = new ColumnAverages(this.history, {
      face: this.feed.chosen,
      columnMs: (this.windowS * 1000) / this.chart.width,
      count: this.chart.width + 2,
    });
    this.fillColumns();
    this.chart.show(this.columns, { windowS: this.windowS, isStacked: this.isStacked });
    this.chart.reader.setAttribute("aria-valuemin", String(-this.windowS));
    this.summaryAt = -Infinity;
    this.wake({ isRedrawn: true });
  }

  fillColumns() {
    const at = this.chartNow ?? 0;
    this.columns.fillUpTo(this.isPaused ? at : Math.max(at, this.history.newest ?? 0));
  }

  // Choices

  addControls() {
    const windows = this.root.querySelector(".windows"), kinds = this.root.querySelector(".kinds");
    for (const [seconds, words] of Object.entries(WINDOWS_S)) {
      addChoice(windows, words, Number(seconds) === this.windowS, () => this.choose({ windowS: Number(seconds) }));
    }
    addChoice(kinds, "Areas", this.isStacked, () => this.choose({ isStacked: true }));
    addChoice(kinds, "Lines", !this.isStacked, () => this.choose({ isStacked: false }));
    this.select.onchange = () => this.feed.choose(this.select.value === "" ? null : Number(this.select.value));
    this.pauseButton.onclick = () => this.setPaused(!this.isPaused);
  }

  choose(choice) {
    Object.assign(this, choice);
    if ("windowS" in choice) this.tell("window_s", this.windowS);
    else this.tell("is_stacked", this.isStacked);
    this.showColumns();
  }

  setPaused(isPaused) {
    this.frozenAt = isPaused ? this.chartNow : null;
    this.isPaused = isPaused;
    this.changedPauseAt = performance.now();
    this.tell("paused", isPaused);
    this.showPaused();
    this.showColumns();
  }

  showPaused() {
    this.root.querySelector(".panel").dataset.paused = String(this.isPaused);
    setText(this.pauseButton.querySelector("span"), this.isPaused ? "Resume" : "Pause");
    this.pauseButton.title = this.isPaused ? "Resume the analysis" : "Video continues; analysis and charts stop";
  }

  // The viewer chose a face, here or on the stage.
  showChosen() {
    const { chosen } = this.feed;
    if (chosen !== this.toldFace && !(this.toldFace === undefined && chosen === this.startFace)) this.tell("face", chosen);
    this.toldFace = chosen;
    this.showFaces();
    this.showColumns();
  }

  showFaces() {
    const numbers = new Set(this.history.faces);
    if (this.feed.chosen !== null) numbers.add(this.feed.chosen);
    const sorted = [...numbers].sort((a, b) => a - b);
    if (!this.listed || sorted.join() !== [...this.listed].join()) {
      this.select.replaceChildren(new Option("Largest", ""), ...sorted.map((id) => new Option(`Face ${id}`, String(id))));
    }
    this.listed = new Set(sorted);
    this.select.value = this.feed.chosen === null ? "" : String(this.feed.chosen);
  }
}

function addChoice(group, words, isChosen, onChoose) {
  const label = group.appendChild(document.createElement("label"));
  const input = label.appendChild(document.createElement("input"));
  Object.assign(input, { type: "radio", name: group.className, checked: isChosen, onchange: onChoose });
  label.appendChild(document.createElement("span")).textContent = words;
}

function sureWords(face) {
  if (!face) return "";
  if (face.level === "unsure") return face.reason;
  return wholePercent(face.share) + (face.level === "named" ? " sure" : "");
}

export default function ({ parentElement, data, setStateValue }) {
  const panel = (parentElement.ferPanel ??= new Panel(parentElement, data));
  panel.start(data, setStateValue);
  return () => panel.stop();
}
