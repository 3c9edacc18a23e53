// One playhead for a video and the charts of it: a line on each chart, a slider, and the label at that moment. Playing
// moves it; a press on a chart, or the slider, moves the video. Both stand elsewhere on the page, in containers whose
// keys Python names, and come and go as Streamlit draws the page: they are looked for again and again.

const LOOK_AGAIN_MS = 400;
const PLAY = "M3 1.5v13l11-6.5z", PAUSE = "M3 2h3.5v12H3zM9.5 2H13v12H9.5z";

export default function ({ data, parentElement }) {
  const page = parentElement.ownerDocument;
  const find = (selector) => parentElement.querySelector(selector);
  const [head, play, slider] = [find(".head"), find(".play"), find(".at")];
  const ended = new AbortController();
  const { signal } = ended;
  const lines = new Map();
  let film = null, frame = 0;

  const show = () => {
    const at = film ? film.currentTime : 0;
    slider.value = String(at);
    const [, words, colour] = data.labels.findLast(([from]) => from <= at + 1e-6) ?? data.labels[0] ?? [0, "", ""];
    find(".clock").textContent = `${clock(at)} of ${clock(data.length_s)}`;
    find(".label").textContent = words;
    find(".said i").style.background = colour;
    slider.setAttribute("aria-valuetext", `${clock(at)}, ${words}`);
    for (const [chart, line] of lines) place(chart, line, at / data.length_s);
    const playing = Boolean(film) && !film.paused;
    find("path").setAttribute("d", playing ? PAUSE : PLAY);
    play.setAttribute("aria-label", playing ? "Pause" : "Play");
  };
  const run = () => {
    show();
    frame = film && !film.paused ? requestAnimationFrame(run) : 0;
  };
  const seek = (at) => {
    if (!film) return;
    film.currentTime = Math.min(Math.max(0, at), Math.max(0, (film.duration || data.length_s) - 0.01));
    show();
  };
  const look = () => {
    const found = page.querySelector(`.st-key-${data.film} video`);
    if (found && found !== film) {
      film = found;
      for (const name of ["play", "pause", "seeking", "seeked", "timeupdate", "loadedmetadata"]) {
        film.addEventListener(name, () => frame || run(), { signal });
      }
    }
    head.hidden = !found;
    for (const chart of page.querySelectorAll(`.st-key-${data.charts} .js-plotly-plot`)) {
      if (lines.get(chart)?.isConnected || !areaOf(chart)) continue;
      if (!lines.has(chart)) listen(chart, seek, data.length_s, signal);
      lines.set(chart, newLine(chart));
    }
    show();
  };

  slider.max = String(data.length_s);
  slider.oninput = () => seek(Number(slider.value));
  play.onclick = () => film && (film.paused ? film.play() : film.pause());
  page.defaultView.addEventListener("resize", () => setTimeout(show, LOOK_AGAIN_MS), { signal });
  const timer = setInterval(look, LOOK_AGAIN_MS);
  look();
  return () => {
    ended.abort();
    clearInterval(timer);
    cancelAnimationFrame(frame);
    for (const line of lines.values()) line.remove();
  };
}

// Where the chart's curves are drawn: its axes of time all have the same ends.
function areaOf(chart) {
  return chart.querySelector(".nsewdrag");
}

function newLine(chart) {
  const line = document.createElement("div");
  line.className = "fer-playhead";
  line.style.cssText = "position:absolute; top:0; bottom:24px; width:2px; margin-left:-1px; pointer-events:none;" +
    "background:currentcolor; opacity:0.85; z-index:5";
  chart.querySelector(".svg-container").append(line);
  return line;
}

function place(chart, line, share) {
  const area = areaOf(chart)?.getBoundingClientRect();
  if (!area) return;
  const from = area.left - line.parentElement.getBoundingClientRect().left;
  line.style.left = `${from + Math.min(1, Math.max(0, share)) * area.width}px`;
}

// Plotly covers the page between press and release, so that no click arrives; a finger that moves scrolls the page.
function listen(chart, seek, length_s, signal) {
  const secondAt = (event) => {
    const area = areaOf(chart).getBoundingClientRect();
    return ((event.clientX - area.left) / area.width) * length_s;
  };
  chart.style.cursor = "pointer";
  chart.addEventListener("pointerdown", (down) => {
    const area = areaOf(chart)?.getBoundingClientRect();
    if (!area || down.button || down.clientX < area.left || down.clientX > area.right) return;
    const released = new AbortController();
    const until = { signal: released.signal, capture: true };
    if (down.pointerType === "mouse") {
      seek(secondAt(down));
      window.addEventListener("pointermove", (move) => seek(secondAt(move)), until);
    }
    window.addEventListener("pointercancel", () => released.abort(), until);
    window.addEventListener("pointerup", (up) => {
      released.abort();
      if (Math.abs(up.clientY - down.clientY) < 20) seek(secondAt(up));
    }, until);
  }, { signal });
}

function clock(seconds) {
  const tenths = Math.round(seconds * 10);
  const rest = (tenths % 600) / 10;
  return `${Math.floor(tenths / 600)}:${rest.toFixed(1).padStart(4, "0")}`;
}
