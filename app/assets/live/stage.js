// The stage of the live page: the video with what is drawn on it, its tools, and the line below. One frame of one
// height, idle and running. It lives as long as the page, and no run of the page touches it.

const LOOK_EVERY_MS = 250;
const LOADED_AGAIN = "ferLoadedAgain";
const LOAD_AGAIN_EVERY_MS = 20_000;
const LEFT_MS = 400;
const NO_WAY = "ferNoWay";
const IDLE_WORDS = "start the video to see one";

export default function ({ parentElement, data, setTriggerValue }) {
  const stage = (parentElement.ferStage ??= new Stage(parentElement.querySelector(".live"), data));
  stage.tellPython = setTriggerValue;
  stage.renew(data);
  return () => stage.leave();
}

class Stage {
  constructor(root, data) {
    window.ferStage = this; // for the check below the stage
    this.hasNoWay = isRemembered(NO_WAY, sessionStorageHere);
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.frame = this.find(".stage");
    this.frame.tabIndex = -1;
    this.video = this.find("video");
    this.overlay = new Overlay(this.find("canvas.overlay"), data.unsure);
    this.delay = new Delay(this.overlay.canvas);
    this.camera = new Camera(() => this.show());
    this.stills = new Stills(() => this.show());
    this.notice = new StreamNotice(this.find(".line"));
    this.cards = new FaceCards(this.find(".cards"), (face) => this.feed.choose(face), data.unsure);
    this.readings = new Readings(this.find(".readings"), data.emotions);
    this.badge = new RecordingBadge(this.find(".badge"), this.find(".pill"), this.frame);
    this.controls = new StageControls(this);
    this.dress(data);
    this.video.addEventListener("resize", () => this.shape());
  }

  // Called at each run of the page.
  renew(data) {
    const isOtherWay = Boolean(this.data) && Boolean(data.returned) !== Boolean(this.data.returned);
    const wasOn = isOtherWay && !this.stills.isOn && (this.isOn || this.missedTold);
    if (data.feed !== this.data?.feed) this.end();
    this.data = data;
    clearTimeout(this.leaving);
    if (!this.timer) this.begin();
    if (wasOn) this.controls.reopen?.(); // as the viewer has asked already
    this.show();
  }

  begin() {
    this.feed = feedAt(this.data.feed);
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    this.stops = [this.feed.on((message) => this.take(message)), hearKeys(this.controls.keys())];
    const listen = (target, event, action) => {
      target.addEventListener(event, action);
      this.stops.push(() => target.removeEventListener(event, action));
    };
    listen(window, "resize", () => this.place());
    listen(document, "visibilitychange", () => this.animate());
    if (navigator.mediaDevices) listen(navigator.mediaDevices, "devicechange", () => this.controls.listCameras());
    this.place();
    this.look();
  }

  end() {
    clearInterval(this.timer);
    this.timer = null;
    for (const stop of this.stops ?? []) stop();
    this.stops = [];
  }

  // A run may take the component away and put it back at once.
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      this.end();
      this.delay.stop();
      if (this.stills.isOn) this.stills.stop();
      this.controls.endClip();
      this.badge.raise(false);
    }, LEFT_MS);
  }

  dress(data) {
    const happy = data.emotions.find(({ name }) => name === "happy");
    this.root.style.setProperty("--spectrum", data.emotions.map((emotion) => emotion.colour).join(","));
    this.root.style.setProperty("--happy", happy.colour);
    this.root.style.setProperty("--happy-ink", happy.ink);
    const isHere = /^(localhost$|127\.|\[::1\])/.test(location.hostname);
    this.find(".privacy span").textContent = isHere
      ? "Pictures stay on this computer, and nothing is stored unless you record."
      : "Pictures go to this page's server only, and nothing is stored unless you record.";
  }

  // How far down the page the stage begins decides how high it can be.
  place() {
    const rect = this.frame.getBoundingClientRect();
    if (!rect.height || this.controls.isFull) return;
    const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? window.scrollY;
    this.root.style.setProperty("--above", `${Math.round(rect.top + scrolled)}px`);
  }

  shape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth) this.find(".picture").style.setProperty("--shape", (videoWidth / videoHeight).toFixed(4));
  }

  // --- What is shown

  get isRunning() {
    return this.camera.state === "running" || this.stills.isOn;
  }

  get isOn() {
    return this.stills.isOn || this.controls.isOpening || ["asking", "connecting", "running"].includes(this.camera.state);
  }

  get isReturned() {
    return Boolean(this.data.returned) && !this.stills.isOn;
  }

  // No video reaches the server from here: seen at a Start, or by the check below the stage.
  get isWithoutWay() {
    return Boolean(this.data.stills) && !this.isRunning && (this.camera.isWithoutWay || this.hasNoWay);
  }

  // Remembered while the tab is open: a page that is loaded again need not find it out anew. The check calls it, too.
  foundNoWay() {
    this.hasNoWay = true;
    remember(NO_WAY, sessionStorageHere);
    this.show();
  }

  forgetNoWay() {
    this.hasNoWay = false;
    forget(NO_WAY, sessionStorageHere);
    this.show();
  }

  get isMirror() {
    return this.controls.mirrorHere ?? this.feed.status?.mirror ?? this.data.mirror;
  }

  look() {
    this.camera.look();
    if (this.camera.state === "running" && this.hasNoWay) this.forgetNoWay(); // there is one now
    const { full, asked_per_s: perS } = this.feed.status ?? {};
    if (this.isRunning) this.camera.uplink({ isFull: this.isReturned || Boolean(full), perS });
    this.stills.isFull = Boolean(full);
    this.controls.retry();
    this.tellMissed();
    if (this.feed.isForgotten && !this.isOn) loadAgain();
    this.show();
    if (this.isOn) this.draw(); // also where no new picture of the video asks for it
  }

  show() {
    if (!this.data) return;
    const { root, camera, video } = this;
    if (!this.isOn) this.controls.endClip();
    const wasOn = root.dataset.state === "on";
    root.dataset.state = this.isOn ? "on" : "idle";
    const stream = !this.isOn ? null : this.stills.isOn ? this.stills.picture : this.isReturned ? camera.returned : camera.stream;
    if (video.srcObject !== stream) {
      video.srcObject = stream;
      if (stream) video.play().catch(() => {});
    }
    root.toggleAttribute("data-mirror", Boolean(this.isMirror) && !this.isReturned);
    root.toggleAttribute("data-exact", this.isExact());
    root.toggleAttribute("data-recording", Boolean(this.feed.status?.recording));
    this.controls.show();
    this.showWait(stream);
    const { stills, feed, isReturned } = this;
    const isWithoutWay = camera.isWithoutWay && !this.isRunning;
    const { busy = "", has_relay: hasRelay } = this.data;
    this.notice.update({ camera, stills, feed, video, isReturned, isWithoutWay, hasRelay, busy });
    this.showFigures();
    this.badge.show(this.feed.status?.recording);
    if (!this.isOn && wasOn) this.forget();
    if (this.isRunning && !this.wasRunning) this.controls.listCameras();
    this.wasRunning = this.isRunning;
    this.animate();
  }

  isExact() {
    return Boolean(this.feed.status?.exact) && this.isRunning && !this.isReturned && !this.stills.isOn;
  }

  showWait(stream) {
    const words =
      this.camera.state === "asking" ? "Your browser is asking for the camera: choose Allow."
      : this.controls.isLoading ? "Loading the clip…"
      : this.camera.isWithoutWay ? "The video does not connect."
      : this.isReturned ? "Connecting the video…"
      : "Opening the camera…";
    const isShown = this.isOn && (this.isWithoutWay || !(stream && this.video.videoWidth));
    this.find(".wait").hidden = !isShown;
    this.find(".offer").hidden = !(this.isOn && this.isWithoutWay);
    this.find(".stills").hidden = !this.isWithoutWay;
    const span = this.find(".wait span");
    if (isShown && span.textContent !== words) span.textContent = words;
  }

  showFigures() {
    const { status } = this.feed;
    const way = this.stills.isOn ? "snapshots" : null;
    const lag = this.isReturned ? status?.latency_ms : (this.overlay.lagMs ?? status?.latency_ms);
    const parts = this.isRunning && status
      ? [counted(status.faces, "face"), `${Math.round(status.results_per_s)} results/s`, lag == null ? null : `${Math.round(lag)} ms lag`, way, status.model].filter(Boolean)
      : [];
    const words = parts.join(" · ");
    const figures = this.find(".figures");
    if (figures.textContent === words) return;
    figures.textContent = words;
    figures.title = words ? "Faces in view, results a second, time from the camera to the label, model" : "";
  }

  // What belongs to a video that has ended.
  forget() {
    if (this.feed.chosen !== null) this.feed.choose(null); // nobody gets that number again
    this.overlay.forget();
    this.delay.stop();
    this.overlay.context.clearRect(0, 0, this.overlay.canvas.width, this.overlay.canvas.height);
    this.cards.update(null, this.feed);
    this.readings.update(null, 0, IDLE_WORDS);
  }

  take(message) {
    const uplinkMs = this.stills.isOn ? this.stills.uplinkMs : this.camera.uplinkMs;
    if (message.type === "result") this.overlay.take(message, this.feed, uplinkMs);
    if (message.type === "status") this.takeStatus(message);
    if (message.type === "result" || message.type === "chosen") this.read();
  }

  takeStatus(status) {
    this.controls.hearMirror(status.mirror);
    if (!status.faces) this.read();
    this.show();
  }

  read() {
    const result = this.isRunning ? this.feed.latest : null;
    this.cards.update(result, this.feed);
    this.readings.update(this.feed.face(result), result?.faces.length ?? 0, this.isOn ? "no face in view" : IDLE_WORDS);
  }

  // --- Drawing, with each picture of the video, while it is seen

  animate() {
    const isWanted = this.isOn && !document.hidden && this.badge.isStageSeen;
    if (!isWanted || this.isDrawing) return;
    this.isDrawing = true;
    const next = this.video.requestVideoFrameCallback
      ? (action) => this.video.requestVideoFrameCallback(action)
      : (action) => requestAnimationFrame(action);
    const step = () => {
      this.isDrawing = this.isOn && !document.hidden && this.badge.isStageSeen && Boolean(this.timer);
      if (!this.isDrawing) return;
      this.draw();
      next(step);
    };
    next(step);
  }

  draw() {
    const { overlay, video, feed } = this;
    const mirror = Boolean(this.isMirror);
    if (this.isReturned || !this.isRunning) {
      overlay.context.clearRect(0, 0, overlay.canvas.width, overlay.canvas.height);
    } else {
      const status = feed.status ?? {};
      const chosen = feed.chosen ?? (feed.latest?.faces.length > 1 ? feed.face()?.id : null);
      const how = { video, mirror, kind: status.overlay ?? "boxes", muted: Boolean(status.muted), chosen, isStill: this.stills.isOn };
      if (this.isExact()) {
        const view = overlay.fit(video.videoWidth || 4, video.videoHeight || 3);
        const delayMs = this.delay.draw(video, overlay.slowLagMs ?? overlay.lagMs, mirror, view);
        overlay.draw(feed, { ...how, delayMs, keep: true });
      } else {
        if (this.delay.video) this.delay.stop();
        overlay.draw(feed, how);
      }
    }
    this.cards.crop(video, { mirror: mirror && !this.isReturned, isMirrored: mirror && this.isReturned });
  }

  // Once for each Start and way of showing: the returned picture, or the frame itself, is to take over.
  tellMissed() {
    const told = `${Boolean(this.data.returned)}`;
    if (this.stills.isOn) return;
    const isApart = this.camera.state !== "running" && isFrameOutOfReach();
    if (this.missedTold === told || !(isApart || (this.camera.isMissed && !this.data.returned))) return;
    this.missedTold = told;
    this.tellPython("missed", isApart ? "frame" : "stream");
  }
}

// The server began anew and knows nothing of this page, and Streamlit's page asks it for nothing by itself.
function loadAgain() {
  try {
    if (Date.now() - Number(sessionStorage.getItem(LOADED_AGAIN) ?? 0) < LOAD_AGAIN_EVERY_MS) return;
    sessionStorage.setItem(LOADED_AGAIN, String(Date.now()));
  } catch {
    return; // without a memory it might never end
  }
  location.reload();
}
