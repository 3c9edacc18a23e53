// What the viewer does on the stage: its buttons and keys.

const TOAST_MS = 3500;
const STOP_AGAIN_MS = 4000;
const MIRROR_HOLDS_MS = 5000;
const OPENING_MS = 4000;
const FELL_BACK_MS = 1000;
const RETRY_WITHIN_MS = 30_000;
const STARTED_ONCE = "ferStartedOnce";

class StageControls {
  constructor(stage) {
    this.stage = stage;
    this.find = stage.find;
    this.help = new HelpPanel(this.find(".help"));
    this.mirrorHere = null; // until the server says the same
    this.deviceId = "";
    this.openingUntil = 0;
    const press = (name, action) => (this.find(name).onclick = () => action.call(this));
    press(".start", this.start);
    press(".sample", this.startClip);
    press(".pick", () => stage.tellPython("picture", true));
    press(".stills", this.startStills);
    press(".stillsnow", this.startStills);
    press(".picknow", () => stage.tellPython("picture", true));
    press(".stop", this.stop);
    press(".mirror", this.turnMirror);
    press(".shot", this.saveShot);
    press(".screen", this.turnFull);
    press(".keys", () => this.help.toggle());
    this.find(".cameras select").onchange = (event) => this.chooseCamera(event.target.value);
    this.find(".steps").hidden = isRemembered(STARTED_ONCE);
  }

  keys() {
    return {
      "?": () => this.help.toggle(),
      f: () => this.turnFull(),
      m: () => this.turnMirror(),
      s: () => (this.stage.isOn ? void this.saveShot() : false),
      " ": () => this.pressSpace(),
      Escape: () => this.escape(),
      digit: (digit) => this.chooseFace(digit),
    };
  }

  // From the press until the camera's side answers: its button takes a moment to turn.
  get isOpening() {
    return this.isLoading || (performance.now() < this.openingUntil && !this.stage.camera.error);
  }

  get mayStart() {
    return !this.stage.data.busy && this.stage.camera.error !== "insecure" && !isFrameOutOfReach();
  }

  show() {
    if (["asking", "running"].includes(this.stage.camera.state)) this.openingUntil = 0;
    const isMirror = String(Boolean(this.stage.isMirror));
    if (this.find(".mirror").getAttribute("aria-pressed") !== isMirror) this.find(".mirror").setAttribute("aria-pressed", isMirror);
    this.find(".start").disabled = this.find(".sample").disabled = !this.mayStart;
  }

  // --- Start and Stop

  start() {
    this.begun(() => this.open({ deviceId: this.deviceId }));
  }

  startClip() {
    if (!this.stage.isOn) this.begun(() => this.openClip());
  }

  begun(open) {
    this.stage.camera.openedAt = null;
    this.reopen = open;
    this.attempts = 1;
    this.begunAt = performance.now();
    this.mayStopUntil = 0;
    this.stage.missedTold = null;
    remember(STARTED_ONCE);
    this.find(".steps").hidden = true;
    // The button that was pressed goes away; keys go on with the stage.
    const { frame } = this.stage;
    if (frame.contains(frame.getRootNode().activeElement)) frame.focus({ preventScroll: true });
    open();
  }

  open(source) {
    this.openingUntil = performance.now() + OPENING_MS;
    this.idleSince = null;
    this.stage.camera.start(source);
  }

  async openClip() {
    this.endClip();
    const clip = (this.clip = new SampleClip(this.stage.data.sample));
    this.isLoading = true;
    this.stage.show();
    const stream = await clip.play().catch(() => null);
    if (this.clip !== clip) return clip.stop(); // stopped meanwhile
    this.isLoading = false;
    if (stream) this.open({ stream });
    else this.say("The sample clip could not be played in this browser.");
    this.stage.show();
  }

  // On a busy machine the connection now and then falls back to its beginning while it is made: it is tried once more.
  retry() {
    const { camera } = this.stage;
    if (camera.state === "running" || this.stage.stills.isOn) this.attempts = 0;
    if (this.attempts !== 1 || !["idle", "lost"].includes(camera.state) || camera.error || this.isLoading) return void (this.idleSince = null);
    if (this.stage.data.busy || performance.now() - this.begunAt > RETRY_WITHIN_MS) return void (this.attempts = 0);
    this.idleSince ??= performance.now();
    if (performance.now() - this.idleSince < FELL_BACK_MS) return;
    this.attempts += 1;
    this.reopen();
  }

  // The camera's stream goes on in them where it is open already.
  async startStills() {
    const { camera, stills, data } = this.stage;
    if (stills.isOn || data.busy) return;
    this.stage.foundNoWay();
    const url = new URL(data.stills, document.baseURI).href;
    const begun = stills.start(url, { stream: camera.stream, deviceId: this.deviceId });
    this.attempts = this.openingUntil = 0;
    camera.stop();
    camera.look();
    await begun.catch((error) => (camera.error = CAMERA_ERRORS[error.name] ?? error.message));
    this.stage.show();
  }

  endClip() {
    if (!this.clip) return;
    this.clip.stop();
    this.clip = null;
  }

  // While a recording runs, the first press only warns.
  stop() {
    const now = performance.now();
    if (this.stage.feed.status?.recording && now > (this.mayStopUntil ?? 0)) {
      this.mayStopUntil = now + STOP_AGAIN_MS;
      this.say("You are recording. Press Stop again to end the video; the recording ends 20 seconds later unless the video returns.");
      return;
    }
    this.isLoading = false;
    this.openingUntil = this.attempts = 0;
    this.find(".toast").classList.remove("shown");
    if (this.stage.stills.isOn) this.stage.stills.stop();
    this.endClip();
    this.stage.camera.stop();
    this.stage.camera.look();
    this.stage.show();
  }

  pressSpace() {
    if (!this.stage.isOn) return this.mayStart ? this.start() : false;
    if (this.stage.feed.status?.recording) return this.say("Space does not stop the video while you record.");
    return this.stop();
  }

  escape() {
    if (this.help.isOpen) return false; // the browser closes it
    if (this.stage.frame.classList.contains("filled")) return this.turnFull();
    return this.stage.feed.chosen === null ? false : this.stage.feed.choose(null);
  }

  chooseFace(digit) {
    const { feed } = this.stage;
    if (digit === 0) return feed.choose(null);
    return feed.latest?.faces.some((face) => face.id === digit) ? feed.choose(digit) : false;
  }

  // --- The picture

  // At once here, and in Python for the pictures of a recording.
  turnMirror() {
    this.mirrorHere = !this.stage.isMirror;
    this.mirroredAt = performance.now();
    this.stage.tellPython("mirror", this.mirrorHere);
    this.stage.show();
  }

  hearMirror(mirror) {
    if (mirror === this.mirrorHere || performance.now() - (this.mirroredAt ?? 0) > MIRROR_HOLDS_MS) this.mirrorHere = null;
  }

  get isFull() {
    const { frame } = this.stage;
    return frame.getRootNode().fullscreenElement === frame || frame.classList.contains("filled");
  }

  turnFull() {
    const { frame } = this.stage;
    const fill = () => frame.classList.toggle("filled"); // as on an iPhone
    if (frame.getRootNode().fullscreenElement) document.exitFullscreen();
    else if (frame.requestFullscreen) frame.requestFullscreen().catch(fill);
    else fill();
  }

  async saveShot() {
    const { video, overlay, isMirror, isReturned } = this.stage;
    if (!video.videoWidth) return;
    const blob = await snapshot({ video, overlay: isReturned ? null : overlay.canvas, mirror: Boolean(isMirror) && !isReturned });
    const name = `fer-studio-${fileTime()}.png`;
    save(blob, name);
    const flash = this.find(".flash");
    flash.classList.remove("now");
    void flash.offsetWidth; // so that it flashes again
    flash.classList.add("now");
    this.say(`Saved as ${name}`);
  }

  // --- Which camera

  async listCameras() {
    const devices = this.clip ? [] : await this.stage.camera.devices();
    const used = this.stage.camera.stream?.getVideoTracks?.()[0]?.getSettings().deviceId ?? this.deviceId;
    const options = devices.map(({ id, label }) => new Option(label, id, id === used, id === used));
    this.find(".cameras select").replaceChildren(...options);
    this.find(".cameras").hidden = devices.length < 2 || this.stage.stills.isOn;
  }

  async chooseCamera(deviceId) {
    this.deviceId = deviceId;
    await this.stage.camera.choose(deviceId).catch(() => this.say("That camera could not be opened."));
    this.listCameras();
    this.stage.show();
  }

  say(words) {
    const toast = this.find(".toast");
    toast.textContent = words;
    toast.classList.add("shown");
    clearTimeout(this.saying);
    this.saying = setTimeout(() => toast.classList.remove("shown"), TOAST_MS);
  }
}

// Functions, as a browser that keeps nothing throws when it is only asked for them.
const localStorageHere = () => localStorage;
const sessionStorageHere = () => sessionStorage;

function isRemembered(name, where = localStorageHere) {
  try {
    return where().getItem(name) !== null;
  } catch {
    return false;
  }
}

function remember(name, where = localStorageHere) {
  try {
    where().setItem(name, "1");
  } catch {
    // then it is found out again
  }
}

function forget(name, where = localStorageHere) {
  try {
    where().removeItem(name);
  } catch {
    // nothing was kept
  }
}
