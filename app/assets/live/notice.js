// One line that says how the video is doing. What only the browser knows (permission, cameras, connection, whether
// the server answers) is found out here; what the analysis knows comes from the server as kind and text.

const ASK_SERVER_EVERY_MS = 3000;
const COUNT_CAMERAS_EVERY_MS = 2000;
const FROZEN_MS = 3000;
const SILENT_MS = 3000;
const ABSENT_MS = 8000;

const NOTICES = {
  idle: ["info", "Press Start and allow the camera, or try the sample clip."],
  preparing: ["info", "Getting the video ready…"],
  unreachable: ["warn", "This browser keeps the video in a frame of its own on this page: press Start there."],
  absent: ["warn", "The video has not loaded yet. If it does not appear, reload the page."],
  insecure: ["error", "The camera is blocked here. Open this page on localhost or by HTTPS, or use a picture instead."],
  noCamera: ["error", "No camera was found. Connect one and press Start, or try the sample clip or a picture."],
  denied: ["error", "The camera is blocked for this page. Allow it under the camera or lock icon beside the address, then press Start, or use a picture instead."],
  inUse: ["error", "The camera could not be opened: another program may be using it. Close that program and press Start."],
  waiting: ["info", "Your browser is asking whether this page may use the camera: choose Allow."],
  connecting: ["info", "Connecting the video…"],
  noWay: ["warn", "The video does not connect from this network. Use snapshots, or have a relay set up (FER_TURN_URLS)."],
  noRelay: ["warn", "The video does not connect, even through the relay. Use snapshots, or have FER_TURN_URLS and FER_TURN_SECRET checked."],
  lost: ["warn", "The connection was lost. Press Start to continue."],
  frozen: ["warn", "The video was interrupted. It resumes when the connection is back; if not, press Stop and Start."],
  silent: ["warn", "The analysis is not responding. Labels return when it does."],
  server: ["error", "FER Studio is not responding. This page reconnects when it runs again; then press Start."],
};
const ERROR_NOTICES = { insecure: NOTICES.insecure, denied: NOTICES.denied, none: NOTICES.noCamera, "in use": NOTICES.inUse };

class StreamNotice {
  constructor(line) {
    this.line = line;
    this.notice = line.querySelector(".notice");
    this.since = {};
    this.serverMisses = 0;
    this.serverAskedAt = 0;
    this.camerasAt = 0;
    this.hasCamera = true; // until counted
    navigator.permissions?.query({ name: "camera" }).then((answer) => (this.permission = answer), () => {});
  }

  // To be called a few times a second.
  update(stage) {
    this.askServer();
    const [kind, text] = this.find(stage);
    if (this.notice.textContent !== text) this.notice.textContent = text;
    this.notice.dataset.kind = this.line.dataset.kind = kind;
  }

  find({ camera, stills, feed, video, isReturned, isWithoutWay, hasRelay, busy }) {
    const isDown = this.isDown();
    hideServerDialog(isDown);
    if (isDown) return NOTICES.server;
    if (camera.error === "insecure") return NOTICES.insecure;
    if (busy && !stills.isOn && !["running", "asking"].includes(camera.state)) return ["warn", busy];
    if (feed.refused) return ["warn", feed.refused];
    if (stills.isOn) return stills.problem ? ["warn", stills.problem] : this.running(feed, video, true);
    if (isWithoutWay) return hasRelay ? NOTICES.noRelay : NOTICES.noWay;
    if (camera.state === "absent") return this.absence();
    delete this.since.absent;
    if (camera.state === "idle" || camera.state === "lost") return this.rest(camera);
    if (camera.state === "asking") return NOTICES.waiting;
    if (camera.state === "connecting") return NOTICES.connecting;
    return this.running(feed, video, isReturned);
  }

  absence() {
    if (isFrameOutOfReach()) return NOTICES.unreachable;
    return this.heldFor("absent", true) > ABSENT_MS ? NOTICES.absent : NOTICES.preparing;
  }

  rest(camera) {
    this.since = {};
    this.frames = null;
    this.countCameras();
    if (camera.error) return ERROR_NOTICES[camera.error] ?? ["error", camera.error];
    if (camera.state === "lost") return NOTICES.lost;
    if (this.permission?.state === "denied") return NOTICES.denied;
    return this.hasCamera ? NOTICES.idle : NOTICES.noCamera;
  }

  // A stream's clock runs on without pictures, so the pictures are counted.
  running(feed, video, isReturned) {
    const frames = video.srcObject ? (video.getVideoPlaybackQuality?.().totalVideoFrames ?? video.currentTime) : 0;
    if (isReturned && !frames) return NOTICES.connecting;
    const isStuck = frames === this.frames && !document.hidden;
    this.frames = frames;
    if (this.heldFor("stuck", isStuck) > FROZEN_MS) return NOTICES.frozen;
    if (performance.now() - feed.heardAt > SILENT_MS) return NOTICES.silent; // it speaks twice a second
    return feed.status ? [feed.status.kind, feed.status.text] : NOTICES.connecting;
  }

  // Milliseconds for which `name` has been true without a break.
  heldFor(name, isTrue) {
    if (!isTrue) delete this.since[name];
    else this.since[name] ??= performance.now();
    return isTrue ? performance.now() - this.since[name] : 0;
  }

  async countCameras() {
    if (performance.now() - this.camerasAt < COUNT_CAMERAS_EVERY_MS) return;
    this.camerasAt = performance.now();
    const devices = await navigator.mediaDevices.enumerateDevices();
    this.hasCamera = devices.some((device) => device.kind === "videoinput");
  }

  async askServer() {
    if (this.isAsking || performance.now() - this.serverAskedAt < ASK_SERVER_EVERY_MS) return;
    this.isAsking = true;
    this.serverAskedAt = performance.now();
    try {
      const signal = AbortSignal.timeout(ASK_SERVER_EVERY_MS);
      const answer = await fetch(new URL("_stcore/health", document.baseURI), { cache: "no-store", signal });
      this.serverMisses = answer.ok ? 0 : this.serverMisses + 1;
    } catch {
      this.serverMisses += 1;
    } finally {
      this.isAsking = false;
    }
  }

  // It answers again some time before the page is connected to it again; what is pressed in between is lost.
  isDown() {
    const connection = document.querySelector('[data-testid="stApp"]')?.dataset.testConnectionState ?? "CONNECTED";
    this.wasDown = this.serverMisses >= 2 || (this.wasDown && connection !== "CONNECTED");
    return this.wasDown;
  }
}

// Streamlit's own dialog says the same in a developer's words, and asks about the internet, which is not needed.
function hideServerDialog(isDown) {
  for (const dialog of document.querySelectorAll('[role="dialog"]')) {
    if (!/server is not responding|Connection error/i.test(dialog.textContent)) continue;
    (dialog.closest('[data-testid="stDialog"]') ?? dialog).style.display = isDown ? "none" : "";
  }
}

// The video's frame is there, but this browser lets no script of the page look into it.
function isFrameOutOfReach() {
  const frame = document.querySelector('iframe[title*="webrtc_streamer"]');
  try {
    return Boolean(frame) && frame.contentDocument === null;
  } catch {
    return true;
  }
}
