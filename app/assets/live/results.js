// What the analysis says, by a WebSocket of the page's own: no run of the page is needed for it. The stage and the
// sidebar's panel share one connection, found by its address.

const PING_EVERY_MS = 2000;
const PINGS_KEPT = 60;
const FORGOTTEN = 4404; // the server does not know the key
const RECONNECT_MS = 1000;
const CHOSEN_STAYS_MS = 3000;

function feedAt(path) {
  const url = new URL(path, document.baseURI).href.replace(/^http/, "ws");
  const feeds = (window.ferFeeds ??= new Map());
  if (!feeds.has(url)) feeds.set(url, new Feed(url, (feed) => feeds.get(url) === feed && feeds.delete(url)));
  return feeds.get(url);
}

class Feed {
  constructor(url, forget) {
    this.url = url;
    this.forget = forget;
    this.listeners = new Set();
    this.latest = null; // newest message of type "result"
    this.status = null; // newest one of type "status"
    this.history = null; // the one of type "history", which comes first on each connection
    this.refused = ""; // why the server wants no connection, a sentence; else empty
    this.isOpen = false;
    this.heardAt = performance.now(); // when the last message came
    this.chosen = null; // number of the face that the viewer chose; null for the largest
    this.pings = []; // {offset, trip}: of the last two minutes
    this.offset = null; // server's clock minus performance.now(), in milliseconds
  }

  // Calls `listener(message)` for every message and {type: "chosen"} after choose(); gives the way to stop it.
  on(listener) {
    this.listeners.add(listener);
    if (this.listeners.size === 1) this.open();
    return () => {
      this.listeners.delete(listener);
      // A run of the page may take a component away and put it back at once.
      setTimeout(() => this.listeners.size || this.close(), 500);
    };
  }

  choose(face) {
    this.chosen = face;
    this.chosenAt = performance.now();
    this.tell({ type: "chosen" });
  }

  // The result's face that the viewer wants to read: the chosen one, or the largest; null where it is not in view.
  face(result = this.latest) {
    if (!result) return null;
    return (this.chosen === null ? result.faces[0] : result.faces.find((face) => face.id === this.chosen)) ?? null;
  }

  // A time of the server's clock on the clock of performance.now().
  here(serverMs) {
    return this.offset === null ? null : serverMs - this.offset;
  }

  open() {
    if (this.socket) return;
    this.socket = new WebSocket(this.url);
    this.socket.onopen = () => {
      this.isOpen = true;
      this.pings = []; // the clocks may have gone apart while the computer slept
      this.ping();
      this.pinging = setInterval(() => this.ping(), PING_EVERY_MS);
      for (const wait of [100, 300, 600]) setTimeout(() => this.ping(), wait);
    };
    this.socket.onmessage = (event) => this.take(JSON.parse(event.data));
    this.socket.onclose = (event) => {
      clearInterval(this.pinging);
      this.isOpen = false;
      this.socket = null;
      if ([1008, 1013, FORGOTTEN].includes(event.code)) this.refused = event.reason;
      this.isForgotten = event.code === FORGOTTEN;
      if (this.listeners.size) setTimeout(() => this.listeners.size && this.open(), RECONNECT_MS);
    };
  }

  close() {
    this.socket?.close();
    this.forget(this);
  }

  ping() {
    if (this.socket?.readyState === WebSocket.OPEN) this.socket.send(JSON.stringify({ ping: performance.now() }));
  }

  take(message) {
    this.heardAt = performance.now();
    this.refused = "";
    if (message.type === "pong") return this.takePong(message);
    if (message.type === "result") this.takeResult(message);
    if (message.type === "status") this.status = message;
    if (message.type === "history") this.history = message;
    this.tell(message);
  }

  // A face that was away gets another number when it comes back: somebody else's must then be read.
  takeResult(result) {
    this.latest = result;
    if (this.chosen === null || !result.faces.length || result.faces.some((face) => face.id === this.chosen)) {
      this.chosenAt = performance.now();
    } else if (performance.now() - this.chosenAt > CHOSEN_STAYS_MS) {
      this.choose(null);
    }
  }

  // The quickest answer of the last two minutes says best how the clocks differ: the others waited on their way.
  takePong({ ping, at }) {
    const now = performance.now();
    this.pings.push({ offset: at - (ping + now) / 2, trip: now - ping });
    if (this.pings.length > PINGS_KEPT) this.pings.shift();
    this.offset = this.pings.reduce((best, one) => (one.trip < best.trip ? one : best)).offset;
  }

  tell(message) {
    for (const listener of this.listeners) listener(message);
  }
}
