// "Check camera and connection": tries what a live video needs, one after the other, and says for each what is wrong and
// what to do. It ends nothing and keeps nothing: a camera that it opens is let go at once.

const PERMISSION_MS = 30_000;
const GATHER_MS = 8000;
const CONNECT_MS = 8000;
const PINGS = 5;
const PING_WAIT_MS = 200;
const SOCKET_MS = 4000;
const SLOW_TRIP_MS = 400;
const REFUSED_CODE = 401;

const CHECK_NAMES = { page: "Page", camera: "Camera", server: "Server", way: "Video's way" };
const CHECK_WORDS = {
  insecure: "This page was opened without HTTPS, so the browser gives it no camera. Open it with https:// in front, or on localhost.",
  none: "No camera was found. Connect one, then check again.",
  denied: "The camera is blocked for this page. Allow it under the camera or lock icon beside the address, then check again.",
  inUse: "The camera cannot be opened: another program may be using it. Close that program, then check again.",
  unanswered: "The browser is still asking whether this page may use the camera. Choose Allow, then check again.",
  noSocket: "No results arrive: a proxy does not pass on WebSockets (/fer/results/). Have that checked (docs/deploy.md).",
  slow: "Labels will be late: the server is far away or this connection is slow.",
  refused: "The relay refuses this server's credentials: FER_TURN_SECRET must equal the relay's static-auth-secret, and both clocks must be right. Have that checked.",
  silent: "The relay does not answer: its address in FER_TURN_URLS is wrong, it is not running, or a firewall blocks its ports. Have that checked.",
  unreached: "The relay answers but cannot reach the server: the server must be able to send to the relay's ports. Use snapshots, or have that checked (docs/deploy.md).",
  noWay: "Video cannot reach the server from here: a firewall or this browser blocks it. Use snapshots, or have a relay set up (FER_TURN_URLS, docs/deploy.md).",
};

export default function ({ parentElement, data }) {
  const isNew = !parentElement.ferCheck;
  const check = (parentElement.ferCheck ??= new Preflight(parentElement.querySelector(".check")));
  check.data = data;
  if (isNew && check.root.open) check.run(); // it was opened before this script came
}

class Preflight {
  constructor(root) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    root.addEventListener("toggle", () => root.open && this.run());
    this.find(".again").onclick = () => this.run();
  }

  async run() {
    if (this.isRunning) return;
    this.isRunning = this.find(".again").disabled = true;
    this.find("ul").replaceChildren();
    this.find(".verdict").textContent = "Checking…";
    const found = [];
    try {
      for (const [name, look] of Object.entries({ page: checkPage, camera: checkCamera, server: checkServer, way: checkWay })) {
        const row = this.row(CHECK_NAMES[name]);
        const result = await look(this.data).catch((error) => ({ kind: "error", words: `This could not be checked: ${error.message}` }));
        found.push(result);
        row.dataset.kind = result.kind;
        row.lastElementChild.textContent = result.words;
        if (name === "way") window.ferStage?.[result.isWithoutWay ? "foundNoWay" : "forgetNoWay"](); // it offers snapshots, or not
        if (name === "page" && result.kind === "error") break; // without a secure page nothing else can be tried
      }
    } finally {
      this.isRunning = this.find(".again").disabled = false;
    }
    const worst = found.find((one) => one.kind === "error") ?? found.find((one) => one.kind === "warn");
    this.find(".verdict").textContent = worst ? (worst.kind === "error" ? "There is a problem." : "It works, with limits.") : "Everything works. Press Start.";
  }

  row(name) {
    const row = document.createElement("li");
    for (const words of [name, "…"]) row.appendChild(document.createElement("span")).textContent = words;
    this.find("ul").append(row);
    return row;
  }
}

async function checkPage() {
  const isSecure = window.isSecureContext && Boolean(navigator.mediaDevices?.getUserMedia);
  if (!isSecure) return { kind: "error", words: CHECK_WORDS.insecure };
  return { kind: "ok", words: location.protocol === "https:" ? "HTTPS" : "This computer's own page" };
}

async function checkCamera() {
  // Some phones take a camera away from the video when it is opened a second time.
  if (window.ferStage?.isRunning) return { kind: "ok", words: "In use by this page" };
  const cameras = (await navigator.mediaDevices.enumerateDevices()).filter((device) => device.kind === "videoinput");
  if (!cameras.length) return { kind: "error", words: CHECK_WORDS.none };
  const began = performance.now();
  try {
    const stream = await within(PERMISSION_MS, navigator.mediaDevices.getUserMedia({ video: true, audio: false }));
    const { width, height } = stream.getVideoTracks()[0].getSettings();
    for (const track of stream.getTracks()) track.stop();
    return { kind: "ok", words: `Allowed; ${width} × ${height}, opened in ${milliseconds(performance.now() - began)}` };
  } catch (error) {
    const why = { NotAllowedError: "denied", SecurityError: "denied", NotFoundError: "none", OverconstrainedError: "none", TimeoutError: "unanswered" };
    return { kind: "error", words: CHECK_WORDS[why[error.name] ?? "inUse"] };
  }
}

async function checkServer({ feed: path }) {
  const feed = feedAt(path);
  const stop = feed.on(() => {});
  try {
    for (const end = performance.now() + SOCKET_MS; !feed.isOpen && performance.now() < end; ) await pause(50);
    if (!feed.isOpen) return { kind: "error", words: CHECK_WORDS.noSocket };
    const before = feed.pings.length;
    for (let i = 0; i < PINGS; i++) {
      feed.ping();
      await pause(PING_WAIT_MS);
    }
    const trips = feed.pings.slice(Math.min(before, feed.pings.length - PINGS)).map((one) => one.trip).sort((a, b) => a - b);
    if (!trips.length) return { kind: "error", words: CHECK_WORDS.noSocket };
    const trip = trips[trips.length >> 1];
    const words = `Answers in ${milliseconds(trip)}.`;
    return trip > SLOW_TRIP_MS ? { kind: "warn", words: `${words} ${CHECK_WORDS.slow}` } : { kind: "ok", words };
  } finally {
    stop();
  }
}

// A connection such as the video's, to the very server, with nothing in it but what comes back at once.
async function checkWay({ ice, has_relay: hasRelay, way }) {
  const peer = new RTCPeerConnection(ice);
  try {
    const channel = peer.createDataChannel("check");
    const { kinds, refused } = await gathered(peer);
    const relay = !hasRelay || kinds.has("relay") ? "" : CHECK_WORDS[refused ? "refused" : "silent"];
    const { ms, problem } = kinds.size ? await connected(peer, channel, way) : {};
    if (problem) return { kind: "error", words: problem };
    if (ms === undefined) {
      const words = relay || CHECK_WORDS[hasRelay ? "unreached" : "noWay"];
      return { kind: "error", isWithoutWay: true, words };
    }
    const found = `Connects ${await wayTaken(peer)}, and answers in ${milliseconds(ms)}.`;
    return relay ? { kind: "warn", words: `${found} But: ${relay}` } : { kind: "ok", words: found };
  } finally {
    peer.close();
  }
}

// Which kinds of ways the browser finds, and whether a relay refused the password.
async function gathered(peer) {
  const kinds = new Set();
  let refused = false;
  const over = new Promise((end) => {
    setTimeout(end, GATHER_MS);
    peer.onicegatheringstatechange = () => peer.iceGatheringState === "complete" && end();
    peer.onicecandidateerror = (event) => (refused ||= event.errorCode === REFUSED_CODE);
    peer.onicecandidate = ({ candidate }) => {
      if (candidate?.type && !candidate.tcpType) kinds.add(candidate.type); // the server listens to no TCP
    };
  });
  await peer.setLocalDescription(await peer.createOffer());
  await over;
  return { kinds, refused };
}

// How long an answer takes by it; nothing where it does not come about.
async function connected(peer, channel, way) {
  const opened = new Promise((open) => (channel.onopen = open));
  const body = JSON.stringify({ sdp: peer.localDescription.sdp });
  const answer = await fetch(new URL(way, document.baseURI), { method: "POST", body, signal: AbortSignal.timeout(CONNECT_MS) });
  const { sdp, problem } = await answer.json();
  if (!sdp) return { problem };
  await peer.setRemoteDescription({ type: "answer", sdp });
  if ((await Promise.race([opened, pause(CONNECT_MS)])) === undefined) return {};
  const sent = performance.now();
  const echo = new Promise((take) => (channel.onmessage = take));
  channel.send("?");
  const isBack = (await Promise.race([echo, pause(CONNECT_MS)])) !== undefined;
  return isBack ? { ms: performance.now() - sent } : {};
}

async function wayTaken(peer) {
  const entries = [...(await peer.getStats()).values()];
  const pair = entries.find((one) => one.type === "candidate-pair" && one.nominated && one.state === "succeeded");
  const local = entries.find((one) => one.id === pair?.localCandidateId);
  if (local?.candidateType !== "relay") return "directly";
  return `by the relay (${(local.relayProtocol ?? "udp").toUpperCase()})`;
}

function within(limitMs, promise) {
  const late = new Promise((_, fail) => setTimeout(() => fail(new DOMException("Too late", "TimeoutError")), limitMs));
  return Promise.race([promise, late]);
}

const pause = (ms) => new Promise((go) => setTimeout(go, ms));
const milliseconds = (ms) => `${Math.max(1, Math.round(ms))} ms`;
