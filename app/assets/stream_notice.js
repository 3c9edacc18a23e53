// One line that says how the video is doing. What only the browser knows (permission, cameras, connection, whether
// the server answers) is read here; what the analysis knows comes from Python as data {kind, text}.

const LOOK_EVERY_MS = 500;
const ASK_SERVER_EVERY_MS = 3000;
const SLOW_CONNECTION_MS = 12000;
const FROZEN_MS = 3000;

const WORDS = {
  idle: ["info", "Press Start and allow the camera. The pictures stay on this computer, and nothing is stored unless you record."],
  insecure: ["error", "Browsers give the camera only to pages opened on localhost or by https. Open this page that way, or analyse a picture instead."],
  noCamera: ["error", "No camera was found. Connect one and press Start, or analyse a picture instead."],
  denied: ["error", "The camera is blocked for this page. Allow it at the camera or lock sign beside the address, then press Start, or analyse a picture instead."],
  inUse: ["error", "The camera could not be opened: another program may be using it. Close that program and press Start."],
  waiting: ["info", "Your browser is asking whether this page may use the camera: choose Allow."],
  connecting: ["info", "Connecting the video…"],
  slow: ["warn", "The video does not connect. A firewall may be in the way: between different networks a TURN server is needed (FER_ICE_SERVERS, see the README)."],
  lost: ["warn", "The connection was lost. Press Start to go on."],
  frozen: ["warn", "The video was interrupted. It goes on by itself when the connection is back; otherwise press Stop and Start."],
  server: ["error", "FER Studio has stopped answering. When it runs again, this page reconnects by itself; then press Start."],
};

export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".notice");
  const state = (parentElement.ferNotice ??= { serverMisses: 0, since: {} });
  state.data = data;
  if (!state.timer) {
    const watch = () => look(state).then((shown) => render(root, shown));
    state.timer = setInterval(watch, LOOK_EVERY_MS);
    state.serverTimer = setInterval(() => askServer(state), ASK_SERVER_EVERY_MS);
    navigator.permissions?.query({ name: "camera" }).then((p) => (state.permission = p), () => {});
  }
  look(state).then((shown) => render(root, shown));
  return () => {
    clearInterval(state.timer);
    clearInterval(state.serverTimer);
    state.timer = null;
  };
}

function render(root, [kind, text]) {
  if (root.textContent === text && root.dataset.kind === kind) return;
  root.textContent = text;
  root.dataset.kind = kind;
}

async function askServer(state) {
  if (state.asking) return;
  state.asking = true;
  try {
    const answer = await fetch(new URL("_stcore/health", document.baseURI), { cache: "no-store", signal: AbortSignal.timeout(ASK_SERVER_EVERY_MS) });
    state.serverMisses = answer.ok ? 0 : state.serverMisses + 1;
  } catch {
    state.serverMisses += 1;
  } finally {
    state.asking = false;
  }
}

// Streamlit's own dialog says the same in a developer's words, and asks about the internet, which is not needed.
function hideServerDialog(isDown) {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    if (!/server is not responding|Connection error/i.test(dialog.textContent)) continue;
    (dialog.closest('[data-testid="stDialog"]') ?? dialog).style.display = isDown ? "none" : "";
  }
}

// It answers again some time before the page is connected to it again; what is pressed in between is lost.
function isDown(state) {
  const connection = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState ?? "CONNECTED";
  state.isDown = state.serverMisses >= 2 || (state.isDown && connection !== "CONNECTED");
  return state.isDown;
}

// A stream's clock runs on without pictures, so the pictures are counted.
function framesShown(video) {
  if (!video?.srcObject) return 0;
  return video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.webkitDecodedFrameCount ?? video.currentTime;
}

// Tells a stop that was wished from a connection that was lost.
function noteStopPresses(state, page) {
  if (!page || state.watchedPage === page) return;
  state.watchedPage = page;
  page.addEventListener("click", (event) => {
    if (event.target.closest?.("button")?.textContent.trim() === "Stop") state.stoppedByHand = true;
  }, true);
}

// Milliseconds for which `name` has been true without a break.
function heldFor(state, name, isTrue) {
  if (!isTrue) delete state.since[name];
  else state.since[name] ??= Date.now();
  return isTrue ? Date.now() - state.since[name] : 0;
}

async function look(state) {
  const down = isDown(state);
  hideServerDialog(down);
  if (down) return WORDS.server;
  if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) return WORDS.insecure;
  const page = document.querySelector('iframe[title*="webrtc_streamer"]')?.contentDocument;
  const video = page?.querySelector("video");
  const alert = page?.querySelector('[role="alert"]')?.textContent ?? "";
  const started = [...(page?.querySelectorAll("button") ?? [])].some((b) => b.textContent.trim() === "Stop");
  const permission = state.permission?.state;
  noteStopPresses(state, page);
  if (!started) {
    state.since = {};
    if (state.wasShowing && !state.stoppedByHand) return WORDS.lost;
    if (/NotAllowed|denied/i.test(alert) || permission === "denied") return WORDS.denied;
    if (/NotFound|Overconstrained/i.test(alert)) return WORDS.noCamera;
    if (/NotReadable|Could not start/i.test(alert)) return WORDS.inUse;
    const devices = await navigator.mediaDevices.enumerateDevices();
    if (!devices.some((d) => d.kind === "videoinput")) return WORDS.noCamera;
    return alert ? ["error", alert] : WORDS.idle;
  }
  state.stoppedByHand = false;
  const frames = framesShown(video);
  if (!frames) {
    state.wasShowing = false;
    if (permission === "prompt") return WORDS.waiting;
    return heldFor(state, "connecting", true) > SLOW_CONNECTION_MS ? WORDS.slow : WORDS.connecting;
  }
  state.wasShowing = true;
  const stuck = frames === state.lastFrames;
  state.lastFrames = frames;
  if (heldFor(state, "stuck", stuck) > FROZEN_MS) return WORDS.frozen;
  return [state.data?.kind ?? "ok", state.data?.text ?? ""];
}
