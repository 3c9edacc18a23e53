// A grid of moods to choose from with a finger, the mouse or the arrow keys. The chosen place goes to Python as the
// state "mood": [valence, arousal], each 1 to 9, or null for no answer.

const POINTS = 9;
const MOVES = { ArrowLeft: [-1, 0], ArrowRight: [1, 0], ArrowUp: [0, 1], ArrowDown: [0, -1] };

export default function ({ parentElement, setStateValue }) {
  const grid = parentElement.querySelector(".cells");
  const said = parentElement.querySelector(".said");
  const clear = parentElement.querySelector(".clear");
  // Python draws the page anew at every answer; the choice lives on with the element.
  const state = (parentElement.ferMood ??= { mood: null, at: [5, 5] });
  if (!grid.children.length) fill(grid);

  const choose = (mood) => {
    state.mood = mood;
    show();
    setStateValue("mood", mood);
  };
  const show = () => {
    for (const cell of grid.querySelectorAll("[role=gridcell]")) {
      const place = placeOf(cell);
      cell.setAttribute("aria-selected", String(same(place, state.mood)));
      cell.tabIndex = same(place, state.at) ? 0 : -1;
    }
    clear.hidden = state.mood === null;
    said.textContent = state.mood ? words(state.mood) : "No answer yet. Choose a field, or leave it.";
  };

  grid.onclick = (event) => {
    const cell = event.target.closest("[role=gridcell]");
    if (!cell) return;
    state.at = placeOf(cell);
    choose(same(state.at, state.mood) ? null : state.at);
  };
  grid.onkeydown = (event) => {
    if (event.key in MOVES) {
      const [right, up] = MOVES[event.key];
      state.at = [within(state.at[0] + right), within(state.at[1] + up)];
      show();
      grid.querySelector("[tabindex='0']").focus();
    } else if (event.key === "Enter" || event.key === " ") {
      choose(state.at);
    } else if (event.key === "Backspace" || event.key === "Delete") {
      choose(null);
    } else {
      return;
    }
    event.preventDefault(); // arrows and the space bar would scroll the page, Enter would send the form
    event.stopPropagation();
  };
  clear.onclick = () => choose(null);
  show();
}

function fill(grid) {
  for (let arousal = POINTS; arousal >= 1; arousal--) {
    const row = grid.appendChild(document.createElement("div"));
    row.setAttribute("role", "row");
    for (let valence = 1; valence <= POINTS; valence++) {
      const cell = row.appendChild(document.createElement("div"));
      cell.setAttribute("role", "gridcell");
      cell.setAttribute("aria-label", words([valence, arousal]));
      cell.dataset.valence = valence;
      cell.dataset.arousal = arousal;
      if (valence === 5 || arousal === 5) cell.classList.add("axis");
    }
  }
}

function words([valence, arousal]) {
  const pleasure = valence < 5 ? "unpleasant" : valence > 5 ? "pleasant" : "neither unpleasant nor pleasant";
  const energy = arousal < 5 ? "calm" : arousal > 5 ? "excited" : "neither calm nor excited";
  return `${pleasure} (${valence} of 9), ${energy} (${arousal} of 9)`;
}

const placeOf = (cell) => [Number(cell.dataset.valence), Number(cell.dataset.arousal)];
const same = (a, b) => b !== null && a[0] === b[0] && a[1] === b[1];
const within = (point) => Math.min(POINTS, Math.max(1, point));
