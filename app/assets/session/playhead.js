// The playhead of a session: one moment that the video, the timeline and the readings share. A click on the timeline, the
// slider or a button elsewhere (SEEK) moves it, and so does the video while it plays. It lives as long as the page; the
// video and the timeline, which Streamlit draws and replaces, are looked for again and again.

const LOOK_EVERY_MS = 250;
const STILL_PX = 5; // a press that moves further zooms into the timeline

class Playhead {
  constructor(root) {
    this.time = root.querySelector(".time");
    this.label = root.querySelector(".label");
    this.slider = root.querySelector("input");
    this.bars = root.querySelector(".bars");
    this.affect = root.querySelector(".affect");
    this.at = 0;
    this.line = document.createElement("div");
    this.line.className = "fer-playhead-line";
    this.slider.oninput = () => this.seek(Number(this.slider.value));
  }

  start(data) {
    this.stop();
    if (this.data?.session !== data.session) this.at = data.from_s;
    this.data = data;
    this.slider.max = data.length_s;
    this.bars.replaceChildren(...data.names.map((name, i) => bar(name, data.colours[i])));
    this.heard = [
      [document, SEEK, (event) => event.detail.session === data.session && this.bring(event.detail.at)],
      [window, "pointerdown", (event) => this.press(event)],
      [window, "pointerup", (event) => this.release(event)],
      [window, "resize", () => this.place()],
    ];
    for (const [target, name, hear] of this.heard) target.addEventListener(name, hear, true);
    this.looking = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.look();
    this.show();
  }

  stop() {
    for (const [target, name, hear] of this.heard ?? []) target.removeEventListener(name, hear, true);
    clearInterval(this.looking);
    cancelAnimationFrame(this.following);
    this.line.remove();
    this.heard = this.video = null;
  }

  // The video and the timeline, as they are now

  look() {
    const video = document.querySelector(`${this.data.film} video`);
    if (video !== this.video) {
      this.video = video;
      if (video && this.at) video.currentTime = this.at;
    }
    this.box = document.querySelector(this.data.plot);
    this.plot = this.box?.querySelector(".js-plotly-plot");
    if (this.box && this.line.parentElement !== this.box) {
      this.box.style.position = "relative";
      this.box.append(this.line);
    }
    this.follow();
  }

  follow() {
    cancelAnimationFrame(this.following);
    // Before its first picture is there, a video stands at 0, wherever it was sent.
    if (this.video?.readyState && !this.video.seeking && Math.abs(this.video.currentTime - this.at) > 0.02) {
      this.at = Math.min(this.video.currentTime, this.data.length_s);
      this.show();
    }
    this.place();
    if (this.video && !this.video.paused) this.following = requestAnimationFrame(() => this.follow());
  }

  // Where it goes

  seek(at) {
    this.at = Math.min(Math.max(at, 0), this.data.length_s);
    if (this.video) this.video.currentTime = this.at;
    this.show();
    this.place();
  }

  bring(at) {
    this.seek(at);
    const isCalm = matchMedia("(prefers-reduced-motion: reduce)").matches;
    const shown = this.video ?? this.box;
    shown?.scrollIntoView({ block: "nearest", behavior: isCalm ? "auto" : "smooth" });
  }

  press(event) {
    const isOnChart = this.plot?.contains(event.target) && !event.target.closest(".modebar-container, .modebar");
    this.pressed = isOnChart && event.button === 0 ? [event.clientX, event.clientY] : null;
  }

  release(event) {
    if (!this.pressed) return;
    const moved = Math.hypot(event.clientX - this.pressed[0], event.clientY - this.pressed[1]);
    this.pressed = null;
    const axis = this.axis();
    if (moved > STILL_PX || !axis) return;
    const x = event.clientX - this.plot.getBoundingClientRect().left - axis._offset;
    if (x < 0 || x > axis._length) return;
    const { start, scale } = this.data;
    this.seek((axis.p2l(x) - start) / scale);
  }

  axis() {
    return this.plot?._fullLayout?.xaxis;
  }

  // What it shows

  place() {
    const axis = this.axis();
    if (!axis || !this.box) return;
    const x = axis.l2p(this.data.start + this.at * this.data.scale);
    this.line.hidden = !(x >= 0 && x <= axis._length); // zoomed in elsewhere
    const [own, around] = [this.plot.getBoundingClientRect(), this.box.getBoundingClientRect()];
    const { t, h } = this.plot._fullLayout._size;
    const colours = getComputedStyle(this.slider);
    const [ink, paper] = ["--st-text-color", "--st-background-color"].map((name) => colours.getPropertyValue(name));
    this.line.style.cssText = `position: absolute; pointer-events: none; width: 2px; z-index: 2; background: ${ink};
      box-shadow: 0 0 0 1px ${paper}; left: ${own.left - around.left + axis._offset + x - 1}px;
      top: ${own.top - around.top + t}px; height: ${h}px;`;
  }

  show() {
    const { data, at } = this;
    this.time.textContent = `${clock(at)} of ${clock(data.length_s)}`;
    this.slider.value = at;
    const label = data.labels?.[Math.min(Math.floor(at / data.label_s), data.labels.length - 1)];
    this.label.textContent = data.labels ? label || "Not in view" : "";
    this.slider.setAttribute("aria-valuetext", `${clock(at)}, ${this.label.textContent}`);
    const [shares, valence, arousal] = data.readings[Math.floor(at / data.span_s)] ?? [];
    [...this.bars.children].forEach((row, i) => {
      row.querySelector("i").style.width = `${shares?.[i] ?? 0}%`;
      row.querySelector("b").textContent = shares ? `${shares[i]}\u00a0%` : "–";
    });
    this.affect.textContent = `Valence ${signed(valence)} · Arousal ${signed(arousal)}`;
  }
}

function bar(name, colour) {
  const row = document.createElement("li");
  row.appendChild(document.createElement("span")).textContent = name;
  row.appendChild(document.createElement("div")).appendChild(document.createElement("i")).style.background = colour;
  row.appendChild(document.createElement("b"));
  return row;
}

function signed(value) {
  return value === undefined ? "–" : `${value < 0 ? "−" : "+"}${Math.abs(value).toFixed(2)}`;
}

export default function ({ parentElement, data }) {
  const playhead = (parentElement.ferPlayhead ??= new Playhead(parentElement));
  playhead.start(data);
  return () => playhead.stop();
}
