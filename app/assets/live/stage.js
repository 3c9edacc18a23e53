// The stage of the live page: the video with what is drawn on it, its tools, and the line below. One frame of one
// height, idle and running. It lives as long as the page, and no run of the page touches it.

const LOOK_EVERY_MS = 250;
const LEFT_MS = 400;
const TOAST_MS = 3500;
const STOP_AGAIN_MS = 4000;
const MIRROR_HOLDS_MS = 5000;
const IDLE_WORDS = "start the video to see one";
const STARTED_ONCE = "ferStartedOnce";

export default function ({ parentElement, data, setTriggerValue }) {
  const stage = (parentElement.ferStage ??= new Stage(parentElement.querySelector(".live"), data));
  stage.tellPython = setTriggerValue;
  stage.renew(data);
  return () => stage.leave();
}

class Stage {
  constructor(root, data) {
    this.root = root;
    this.find = (name) => root.querySelector(name);
    this.frame = this.find(".stage");
    this.frame.tabIndex = -1;
    this.video = this.find("video");
    this.overlay = new Overlay(this.find("canvas.overlay"));
    this.delay = new Delay(this.overlay.canvas);
    this.camera = new Camera(() => this.show());
    this.feed = feedAt(data.feed);
    this.notice = new StreamNotice(this.find(".line"));
    this.cards = new FaceCards(this.find(".cards"), this.feed);
    this.readings = new Readings(this.find(".readings"), data.emotions);
    this.badge = new RecordingBadge(this.find(".badge"), this.find(".pill"), this.frame);
    this.help = new HelpPanel(this.find(".help"));
    this.dress(data);
    this.bindButtons();
    this.video.addEventListener("resize", () => this.shape());
  }

  // Called at each run of the page.
  renew(data) {
    const returnedNow = data.returned && !this.data?.returned;
    this.data = data;
    clearTimeout(this.leaving);
    if (!this.timer) this.begin();
    if (returnedNow && this.isMissedTold) this.camera.start(this.source ?? {}); // as the viewer has asked already
    this.show();
  }

  begin() {
    this.timer = setInterval(() => this.look(), LOOK_EVERY_MS);
    const stops = [this.feed.on((message) => this.take(message)), hearKeys(this.keys())];
    const listen = (target, event, action) => {
      target.addEventListener(event, action);
      stops.push(() => target.removeEventListener(event, action));
    };
    listen(window, "resize", () => this.place());
    listen(document, "visibilitychange", () => this.animate());
    if (navigator.mediaDevices) listen(navigator.mediaDevices, "devicechange", () => this.listCameras());
    this.stops = stops;
    this.place();
    this.look();
  }

  // A run may take the component away and put it back at once.
  leave() {
    clearTimeout(this.leaving);
    this.leaving = setTimeout(() => {
      clearInterval(this.timer);
      this.timer = null;
      for (const stop of this.stops) stop();
      this.delay.stop();
      this.clip?.stop();
      this.badge.raise(false);
      this.isDrawing = false;
    }, LEFT_MS);
  }

  dress(data) {
    const colours = data.emotions.map((emotion) => emotion.colour);
    this.root.style.setProperty("--spectrum", colours.join(","));
    const isHere = /^(localhost|127\.|\[::1\])/.test(location.hostname);
    this.find(".privacy span").textContent = isHere
      ? "Pictures stay on this computer, and nothing is stored unless you record."
      : "Pictures go to this page's server only, and nothing is stored unless you record.";
    this.find(".steps").hidden = remembered(STARTED_ONCE);
  }

  // How far down the page the stage begins decides how high it can be.
  place() {
    const rect = this.frame.getBoundingClientRect();
    if (!rect.height || this.isFull()) return;
    const scrolled = document.querySelector('[data-testid="stMain"]')?.scrollTop ?? window.scrollY;
    this.root.style.setProperty("--above", `${Math.round(rect.top + scrolled)}px`);
  }

  shape() {
    const { videoWidth, videoHeight } = this.video;
    if (videoWidth) this.find(".picture").style.setProperty("--shape", (videoWidth / videoHeight).toFixed(4));
  }

  // --- What is shown

  get isRunning() {
    return this.camera.state === "running";
  }

  get isOn() {
    return this.isOpening || ["asking", "connecting", "running"].includes(this.camera.state);
  }

  get isReturned() {
    return Boolean(this.data.returned) && !this.camera.stream;
  }

  get isMirror() {
    return this.mirrorHere ?? this.feed.status?.mirror ?? this.data.mirror;
  }

  look() {
    this.camera.look();
    if (this.isRunning) this.camera.uplink({ isFull: Boolean(this.feed.status?.full) });
    this.tellMissed();
    this.show();
    if (this.isOn) this.draw(); // also where no new picture of the video asks for it
  }

  show() {
    if (!this.data) return;
    const { root, camera, video } = this;
    if (!this.isOn && this.clip && !this.isOpening) this.endClip();
    const wasOn = root.dataset.state === "on";
    root.dataset.state = this.isOn ? "on" : "idle";
    const stream = this.isOn ? (this.isReturned ? camera.returned : camera.stream) : null;
    if (video.srcObject !== stream) {
      video.srcObject = stream;
      if (stream) video.play().catch(() => {});
    }
    root.toggleAttribute("data-mirror", Boolean(this.isMirror) && !this.isReturned);
    root.toggleAttribute("data-exact", this.isExact());
    this.find(".mirror").setAttribute("aria-pressed", String(Boolean(this.isMirror)));
    this.find(".start").disabled = this.mayNotStart();
    this.find(".sample").disabled = Boolean(this.data.busy);
    this.showWait(stream);
    this.notice.update({ camera, feed: this.feed, video, isReturned: this.isReturned, busy: this.data.busy });
    this.showFigures();
    this.badge.show(this.feed.status?.recording);
    if (!this.isOn && wasOn) this.forget();
    if (this.isRunning && !this.wasRunning) this.listCameras();
    this.wasRunning = this.isRunning;
    this.animate();
  }

  mayNotStart() {
    return this.camera.error === "insecure" || Boolean(this.data.busy);
  }

  isExact() {
    return Boolean(this.feed.status?.exact) && this.isRunning && !this.isReturned;
  }

  showWait(stream) {
    const words =
      this.camera.state === "asking" ? "Choose Allow: your browser is asking for the camera."
      : this.isOpening ? "Loading the clip…"
      : this.isReturned ? "Connecting the video…"
      : "Opening the camera…";
    const isShown = this.isOn && !(stream && this.video.videoWidth);
    this.find(".wait").hidden = !isShown;
    const span = this.find(".wait span");
    if (isShown && span.textContent !== words) span.textContent = words;
  }

  showFigures() {
    const { status } = this.feed;
    const lag = this.isReturned ? status?.latency_ms : (this.overlay.lagMs ?? status?.latency_ms);
    const parts = this.isRunning && status
      ? [counted(status.faces, "face"), `${Math.round(status.results_per_s)} results/s`, lag == null ? null : `${Math.round(lag)} ms lag`, status.model].filter(Boolean)
      : [];
    const words = parts.join(" · ");
    const figures = this.find(".figures");
    if (figures.textContent === words) return;
    figures.textContent = words;
    figures.title = words ? "Faces in view, results a second, time from the camera to the label, model" : "";
  }

  // What belongs to a video that has ended.
  forget() {
    this.overlay.forget();
    this.delay.stop();
    this.overlay.context.clearRect(0, 0, this.overlay.canvas.width, this.overlay.canvas.height);
    this.cards.update(null);
    this.readings.update(null, 0, IDLE_WORDS);
    this.mayStop = 0;
  }

  take(message) {
    if (message.type === "result") this.overlay.take(message, this.feed, this.camera.uplinkMs);
    if (message.type === "status") this.takeStatus(message);
    if (message.type === "result" || message.type === "chosen") this.read();
  }

  takeStatus(status) {
    if (status.mirror === this.mirrorHere || performance.now() - (this.mirroredAt ?? 0) > MIRROR_HOLDS_MS) this.mirrorHere = null;
    if (!status.faces) this.read();
    this.show();
  }

  read() {
    const result = this.isRunning ? this.feed.latest : null;
    this.cards.update(result);
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
      const how = { video, mirror, kind: status.overlay ?? "boxes", muted: Boolean(status.muted), chosen };
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

  // --- What the viewer does

  bindButtons() {
    const press = (name, action) => (this.find(name).onclick = () => action.call(this));
    press(".start", this.start);
    press(".sample", this.startClip);
    press(".pick", () => this.tellPython("picture", true));
    press(".stop", this.stop);
    press(".mirror", this.turnMirror);
    press(".shot", this.saveShot);
    press(".screen", this.turnFull);
    press(".keys", () => this.help.toggle());
    this.find(".cameras select").onchange = (event) => this.chooseCamera(event.target.value);
  }

  keys() {
    return {
      "?": () => this.help.toggle(),
      f: () => this.turnFull(),
      m: () => this.turnMirror(),
      s: () => this.isOn && this.saveShot(),
      " ": () => this.pressSpace(),
      Escape: () => this.escape(),
      digit: (digit) => this.chooseFace(digit),
    };
  }

  start() {
    this.begun({});
    this.camera.start({ deviceId: this.deviceId ?? "" });
  }

  begun(source) {
    this.source = source;
    this.isMissedTold = false;
    remember(STARTED_ONCE);
    // The button that was pressed goes away; keys go on with the stage.
    if (this.frame.contains(this.frame.getRootNode().activeElement)) this.frame.focus({ preventScroll: true });
  }

  async startClip() {
    if (this.isOn) return;
    this.begun({});
    this.isOpening = true;
    this.show();
    this.clip = new SampleClip(this.data.sample);
    try {
      const stream = await this.clip.play();
      this.source = { stream };
      this.camera.start({ stream });
    } catch {
      this.say("The sample clip could not be played in this browser.");
    }
    this.isOpening = false;
    this.show();
  }

  endClip() {
    this.clip.stop();
    this.clip = null;
  }

  // While a recording runs, the first press only warns.
  stop() {
    const now = performance.now();
    if (this.feed.status?.recording && now > (this.mayStop ?? 0)) {
      this.mayStop = now + STOP_AGAIN_MS;
      this.say("A recording is running. Press Stop again to end the video; the recording then waits for it.");
      return;
    }
    this.camera.stop();
    this.show();
  }

  pressSpace() {
    if (!this.isOn) {
      if (!this.mayNotStart()) this.start();
    } else if (this.feed.status?.recording) {
      this.say("Space does not stop the video while a recording runs.");
    } else {
      this.stop();
    }
  }

  escape() {
    if (this.help.isOpen) return false; // the browser closes it
    if (this.frame.classList.contains("filled")) return this.turnFull();
    if (this.feed.chosen === null) return false;
    return this.feed.choose(null);
  }

  chooseFace(digit) {
    if (digit === 0) return this.feed.choose(null);
    if (!this.feed.latest?.faces.some((face) => face.id === digit)) return false;
    return this.feed.choose(digit);
  }

  // At once here, and in Python for the pictures of a recording.
  turnMirror() {
    this.mirrorHere = !this.isMirror;
    this.mirroredAt = performance.now();
    this.tellPython("mirror", this.mirrorHere);
    this.show();
  }

  isFull() {
    return this.frame.getRootNode().fullscreenElement === this.frame || this.frame.classList.contains("filled");
  }

  turnFull() {
    if (this.frame.getRootNode().fullscreenElement) document.exitFullscreen();
    else if (this.frame.requestFullscreen) this.frame.requestFullscreen().catch(() => this.frame.classList.toggle("filled"));
    else this.frame.classList.toggle("filled"); // as on an iPhone
  }

  async saveShot() {
    const { video, overlay } = this;
    if (!video.videoWidth) return;
    const mirror = Boolean(this.isMirror) && !this.isReturned;
    const blob = await snapshot({ video, overlay: this.isReturned ? null : overlay.canvas, mirror });
    const name = `fer-studio-${fileTime()}.png`;
    save(blob, name);
    const flash = this.find(".flash");
    flash.classList.remove("now");
    void flash.offsetWidth; // so that it flashes again
    flash.classList.add("now");
    this.say(`Saved as ${name}`);
  }

  async listCameras() {
    const label = this.find(".cameras");
    const devices = this.clip ? [] : await this.camera.devices();
    label.hidden = devices.length < 2;
    const used = this.camera.stream?.getVideoTracks?.()[0]?.getSettings().deviceId ?? this.deviceId;
    const options = devices.map(({ id, label: words }) => new Option(words, id, id === used, id === used));
    label.querySelector("select").replaceChildren(...options);
  }

  async chooseCamera(deviceId) {
    this.deviceId = deviceId;
    try {
      await this.camera.choose(deviceId);
    } catch {
      this.say("That camera could not be opened.");
      this.listCameras();
    }
    this.show();
  }

  // Once for each Start: the returned picture is to take over.
  tellMissed() {
    if (this.isMissedTold || this.data?.returned) return;
    const what = this.camera.isMissed ? "stream" : this.camera.state === "absent" && isFrameOutOfReach() ? "frame" : "";
    if (!what) return;
    this.isMissedTold = true;
    this.tellPython("missed", what);
  }

  say(words) {
    const toast = this.find(".toast");
    toast.textContent = words;
    toast.classList.add("shown");
    clearTimeout(this.saying);
    this.saying = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  }
}

function remembered(name) {
  try {
    return localStorage.getItem(name) !== null;
  } catch {
    return false; // a browser that keeps nothing
  }
}

function remember(name) {
  try {
    localStorage.setItem(name, "1");
  } catch {
    // then the hint comes again
  }
}
