// The last five minutes of every face in the browser, and one face's averages per column of a chart.

const KEPT_MS = 300_000;
const BRIDGE_MS = 1000; // longest time between two results that a chart bridges
const SHARES = 7;
const VALUES = SHARES + 2; // the seven, valence, arousal
const GAP = 0, MEASURED = 1, BRIDGED = 2;
// What a face was called, as a number: unsure, named one of the seven, or only leaning to one.
const UNSURE_CALL = 0, NAMED_FROM = 1, LEANING_FROM = NAMED_FROM + SHARES, CALLS = LEANING_FROM + SHARES;

// One analysed frame after the other: when it was, the numbers of its faces, largest first, their values and calls.
class FaceHistory {
  // `names` of the seven, as results have them.
  constructor(names) {
    this.names = names;
    this.clear();
  }

  clear() {
    this.frames = []; // {at, ids, values, calls}; the ones before `first` have gone
    this.first = 0;
    this.lastSeen = new Map(); // face's number to time
    this.version = (this.version ?? 0) + 1; // another one: what was read before is no longer so
  }

  get newest() {
    return this.frames.length > this.first ? this.frames[this.frames.length - 1].at : null;
  }

  // Numbers of the faces of the last five minutes, in order.
  get faces() {
    return [...this.lastSeen.keys()].sort((a, b) => a - b);
  }

  addResult({ at, faces }) {
    const values = new Float32Array(faces.length * VALUES);
    faces.forEach((face, i) => values.set([...face.p, face.valence, face.arousal], i * VALUES));
    const calls = Uint8Array.from(faces, ({ label, level }) => callOf(this.names.indexOf(label), level === "leaning"));
    return this.add({ at, ids: faces.map((face) => face.id), values, calls });
  }

  // The server's own memory, first on each connection. What is known here already came in finer steps and is kept.
  addHistory({ now, rows }) {
    if (this.newest !== null && now < this.newest - 2000) this.clear(); // another server: its clock began anew
    const known = this.newest ?? -Infinity;
    for (let i = 0; i < rows.length; ) {
      const at = rows[i][0];
      let end = i + 1;
      while (end < rows.length && rows[end][0] === at) end++;
      const faces = rows.slice(i, end);
      if (at > known + 1) { // rows are of whole milliseconds
        this.add({
          at,
          ids: faces.map((row) => row[1]),
          values: Float32Array.from(faces.flatMap((row) => row.slice(2, 2 + VALUES))),
          calls: Uint8Array.from(faces, (row) => callOf(row[2 + VALUES] ?? -1, row[3 + VALUES])),
        });
      }
      i = end;
    }
    this.version++;
  }

  // Gives the frame, or null where it is older than what is here.
  add(frame) {
    if (this.newest !== null && frame.at <= this.newest) return null;
    this.frames.push(frame);
    for (const id of frame.ids) if (id !== null) this.lastSeen.set(id, frame.at);
    while (this.frames[this.first].at < frame.at - KEPT_MS) this.first++;
    if (this.first > 1000) {
      this.frames.splice(0, this.first);
      this.first = 0;
      for (const [id, at] of this.lastSeen) if (at < frame.at - KEPT_MS) this.lastSeen.delete(id);
    }
    return frame;
  }

  // Frames from `at` on, oldest first.
  since(at) {
    let low = this.first, high = this.frames.length;
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.frames[middle].at < at) low = middle + 1;
      else high = middle;
    }
    return this.frames.slice(low);
  }
}

const callOf = (emotion, isLeaning) => (emotion < 0 ? UNSURE_CALL : (isLeaning ? LEANING_FROM : NAMED_FROM) + emotion);
const isLeaningCall = (call) => call >= LEANING_FROM;
const emotionOfCall = (call) => (call === UNSURE_CALL ? -1 : (call - NAMED_FROM) % SHARES);

// The face's place in the frame; the largest face's with null; -1 where it is not in view.
function indexOf(frame, face) {
  return face === null ? (frame.ids.length ? 0 : -1) : frame.ids.indexOf(face);
}

// Where in `frame.values` the face's begin, likewise.
function valuesOf(frame, face) {
  const index = indexOf(frame, face);
  return index < 0 ? -1 : index * VALUES;
}

// Averages of one face, and what it was called most, in columns of `columnMs`. Columns lie on the clock, not on the screen, so that a value does not
// change while it moves to the left. Each frame is counted once; columns that have left make room for new ones.
class ColumnAverages {
  constructor(history, { face, columnMs, count }) {
    Object.assign(this, { history, face, columnMs, count });
    this.numbers = new Float64Array(count).fill(-1); // which column the slot holds
    this.sums = new Float32Array(count * VALUES);
    this.counts = new Uint16Array(count);
    this.callCounts = new Uint16Array(count * CALLS);
    this.means = new Float32Array(count * VALUES); // what read() fills: left to right
    this.calls = new Uint8Array(count);
    this.states = new Uint8Array(count);
    this.times = new Float64Array(count); // of the column's middle
  }

  // Counts everything that the history has of the columns that end with that time.
  fillUpTo(at) {
    this.version = this.history.version;
    this.numbers.fill(-1);
    const last = Math.floor(at / this.columnMs);
    for (const frame of this.history.since((last - this.count + 1) * this.columnMs)) {
      if (frame.at < (last + 1) * this.columnMs) this.add(frame);
    }
  }

  add(frame) {
    const number = Math.floor(frame.at / this.columnMs);
    const slot = number % this.count;
    if (this.numbers[slot] > number) return;
    if (this.numbers[slot] !== number) {
      this.numbers[slot] = number;
      this.counts[slot] = 0;
      this.sums.fill(0, slot * VALUES, (slot + 1) * VALUES);
      this.callCounts.fill(0, slot * CALLS, (slot + 1) * CALLS);
    }
    const index = indexOf(frame, this.face);
    if (index < 0) return;
    this.counts[slot]++;
    this.callCounts[slot * CALLS + frame.calls[index]]++;
    for (let i = 0; i < VALUES; i++) this.sums[slot * VALUES + i] += frame.values[index * VALUES + i];
  }

  // What most of a column's frames called it; of these, what most were: named or leaning.
  mostCalled(slot) {
    const count = (call) => this.callCounts[slot * CALLS + call];
    let most = UNSURE_CALL, times = count(UNSURE_CALL);
    for (let k = 0; k < SHARES; k++) {
      const named = count(NAMED_FROM + k), leaning = count(LEANING_FROM + k);
      if (named + leaning <= times) continue;
      times = named + leaning;
      most = callOf(k, leaning > named);
    }
    return most;
  }

  // Fills `means`, `calls`, `states` and `times` with the columns that end with that time.
  read(at) {
    const last = Math.floor(at / this.columnMs);
    let before = -1; // the column of the frame before
    for (let i = 0; i < this.count; i++) {
      const number = last - this.count + 1 + i;
      const slot = ((number % this.count) + this.count) % this.count;
      this.times[i] = (number + 0.5) * this.columnMs;
      this.states[i] = GAP;
      if (this.numbers[slot] !== number) continue;
      if (this.counts[slot]) {
        this.states[i] = MEASURED;
        this.calls[i] = this.mostCalled(slot);
        for (let k = 0; k < VALUES; k++) {
          this.means[i * VALUES + k] = this.sums[slot * VALUES + k] / this.counts[slot];
        }
        if (before >= 0 && this.states[before] === MEASURED) this.bridge(before, i);
      }
      before = i;
    }
    this.holdLast(before);
  }

  // A slow machine has fewer results than the chart has columns; without this its chart would be a comb.
  bridge(from, to) {
    if (to - from > Math.max(1, Math.floor(BRIDGE_MS / this.columnMs))) return;
    for (let i = from + 1; i < to; i++) {
      const share = (i - from) / (to - from);
      this.states[i] = BRIDGED;
      this.calls[i] = this.calls[from];
      for (let k = 0; k < VALUES; k++) {
        const start = this.means[from * VALUES + k];
        this.means[i * VALUES + k] = start + (this.means[to * VALUES + k] - start) * share;
      }
    }
  }

  // The newest result is some columns old when it comes: it stands for what has not come yet.
  holdLast(last) {
    if (last < 0 || this.states[last] !== MEASURED) return;
    if (this.count - 1 - last > Math.floor(BRIDGE_MS / this.columnMs)) return;
    for (let i = last + 1; i < this.count; i++) {
      this.states[i] = BRIDGED;
      this.calls[i] = this.calls[last];
      this.means.copyWithin(i * VALUES, last * VALUES, (last + 1) * VALUES);
    }
  }
}
