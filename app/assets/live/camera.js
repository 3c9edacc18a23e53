// The camera by way of streamlit-webrtc's frame, which has no picture of its own when it only sends: the frame is of the
// same origin, so its buttons are pressed from here, and what it asks of the browser passes through here. So the stage
// shows the very stream that is sent, and the sender is told to send no more than the analysis needs.

const UPLINK_LONG_SIDE = 640;
const UPLINK_PER_S = 20;
const UPLINK_BITS_PER_S = 1_500_000;
const FULL_PER_S = 30;
const FULL_BITS_PER_S = 4_000_000;
const NO_WAY_MS = 12_000;
const ASKED_MS = 1000; // who takes longer was asked, and the time until the answer is nobody's fault
const MISSED_MS = 2000;
const PRESS_HOLDS_MS = 15_000;
const STATS_EVERY_MS = 2000;
const USUAL_UPLINK_MS = 10;

const CAMERA_ERRORS = {
  NotAllowedError: "denied",
  SecurityError: "denied",
  NotFoundError: "none",
  OverconstrainedError: "none",
  NotReadableError: "in use",
  AbortError: "in use",
};

class Camera {
  constructor(onChange = () => {}) {
    this.onChange = onChange;
    this.state = "absent";
    this.error = "";
    this.stream = null;
    this.returned = null; // what the server sends back, where the page asks for that
    this.isMissed = false;
    this.uplinkMs = USUAL_UPLINK_MS; // encoding and half a round trip: what the server cannot see of a frame's way
    this.wanted = null; // {deviceId, stream}: Start is to be pressed as soon as there is the button
    this.options = {};
    this.isFull = false;
    this.perS = UPLINK_PER_S;
    this.pressed = null; // {name, at}: the button that was pressed last, until that is seen
    this.isStopWanted = false; // until the next Start: Stop is to be pressed wherever there is the button
    this.wasOn = false;
    this.openedAt = null; // since when, after Start, a way to the server is looked for; null while there is one
    navigator.permissions?.query({ name: "camera" }).then((answer) => (this.permission = answer), () => {});
  }

  // To be called a few times a second.
  look() {
    const before = [this.state, this.error, this.stream, this.returned, this.isMissed].map(String).join();
    this.window = this.findWindow();
    if (this.window) this.wrap(this.window);
    const [start, stop] = [this.button("Start"), this.button("Stop")];
    if (start && this.wanted) this.press(start);
    if (stop && this.isStopWanted && !this.isPressed("Stop")) this.pressStop(stop);
    this.state = this.judge(start, stop);
    if (this.state === "running" || this.state === "connecting") {
      this.capUplink();
      this.readStats();
    } else if (this.state === "idle" || this.state === "lost") {
      this.letGo();
    }
    this.returned = this.window?.document.querySelector("video")?.srcObject ?? null;
    this.isMissed = this.judgeMissed(stop);
    if (before !== [this.state, this.error, this.stream, this.returned, this.isMissed].map(String).join()) this.onChange();
  }

  // A button that was pressed stands there for a while longer on a slow computer.
  isPressed(name) {
    return this.pressed?.name === name && performance.now() - this.pressed.at < PRESS_HOLDS_MS;
  }

  judge(start, stop) {
    if (!window.isSecureContext || !navigator.mediaDevices?.getUserMedia) {
      this.error = "insecure";
      return "idle";
    }
    if (!start && !stop) return this.wanted ? "connecting" : "absent";
    if (start) return this.judgeAtStart();
    if (this.isStopWanted) return "idle";
    this.pressed = null;
    this.wasOn = true;
    const isConnected = this.peer ? this.peer.connectionState === "connected" : Boolean(this.returned);
    if (isConnected) {
      this.error = "";
      this.openedAt = null;
      return "running";
    }
    if (!this.isAsking) this.openedAt ??= performance.now();
    return this.opening();
  }

  judgeAtStart() {
    const alert = this.alert();
    const isOld = alert === this.pressed?.alert; // of the try before
    if (alert && !isOld && !this.error) this.error = this.errorIn(alert);
    if (!this.error && (this.wanted || this.isPressed("Start"))) return this.opening();
    if (this.isPressed("Stop")) this.wasOn = false;
    this.pressed = null;
    return this.wasOn && !this.error ? "lost" : "idle";
  }

  alert() {
    return this.window.document.querySelector('[role="alert"]')?.textContent ?? "";
  }

  opening() {
    return !this.stream && this.isAsking && this.permission?.state === "prompt" ? "asking" : "connecting";
  }

  errorIn(alert) {
    if (/NotAllowed|denied|blocked/i.test(alert)) return "denied";
    if (/NotFound|Overconstrained|No camera/i.test(alert)) return "none";
    if (/NotReadable|Could not start/i.test(alert)) return "in use";
    return alert;
  }

  // It plays, but the stream did not pass through here: a browser that lets nobody in between.
  judgeMissed(stop) {
    const isOver = stop && !this.stream && !this.error && !this.isAsking && this.permission?.state !== "prompt";
    if (!isOver) this.missedSince = null;
    else this.missedSince ??= performance.now();
    return this.missedSince !== null && performance.now() - this.missedSince > MISSED_MS;
  }

  start({ deviceId = "", stream = null } = {}) {
    this.wanted = { deviceId, stream };
    this.error = "";
    this.wasOn = this.isStopWanted = false;
    this.look();
  }

  press(button) {
    this.options = this.wanted;
    this.wanted = null;
    this.pressed = { name: "Start", at: performance.now(), alert: this.alert() };
    button.click();
  }

  // Whether the camera was given long ago, and no way to the server was found since.
  get isWithoutWay() {
    return this.openedAt !== null && !this.isAsking && !this.error && performance.now() - this.openedAt > NO_WAY_MS;
  }

  stop() {
    this.openedAt = null;
    this.wanted = this.pressed = null;
    this.wasOn = false;
    this.isStopWanted = true;
    this.look();
  }

  pressStop(button) {
    this.pressed = { name: "Stop", at: performance.now() };
    button.click();
  }

  letGo() {
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.stream = this.peer = this.capped = null;
  }

  async devices() {
    const devices = (await navigator.mediaDevices?.enumerateDevices?.()) ?? [];
    return devices
      .filter((device) => device.kind === "videoinput")
      .map((device, i) => ({ id: device.deviceId, label: device.label || `Camera ${i + 1}` }));
  }

  // Another camera while the video goes on: the connection stays, only its source is exchanged.
  async choose(deviceId) {
    const sender = this.sender();
    if (!sender || !this.stream) return;
    const constraints = this.asked ?? { video: true };
    const video = { ...(constraints.video === true ? {} : constraints.video), deviceId: { exact: deviceId } };
    delete video.facingMode;
    const before = this.stream;
    const stream = await this.secondStream(video);
    if (this.stream !== before) return void stream.getTracks().forEach((track) => track.stop()); // stopped meanwhile
    await sender.replaceTrack(stream.getVideoTracks()[0]);
    for (const track of before.getTracks()) track.stop();
    this.stream = stream;
    this.capped = null;
    this.onChange();
  }

  // Some phones open no camera while another one is on.
  async secondStream(video) {
    try {
      return await this.window.ferCamera.getUserMedia({ video, audio: false });
    } catch (error) {
      if (error.name !== "NotReadableError") throw error;
      for (const track of this.stream?.getTracks() ?? []) track.stop();
      return this.window.ferCamera.getUserMedia({ video, audio: false });
    }
  }

  // `perS` is what the server can use, fewer pictures where it is busy.
  uplink({ isFull, perS = UPLINK_PER_S }) {
    this.isFull = isFull;
    this.perS = perS;
    this.capUplink();
  }

  findWindow() {
    try {
      const frame = document.querySelector('iframe[title*="webrtc_streamer"]');
      if (frame) frame.inert = Boolean(frame.closest(".st-key-stream_frame")); // hidden: no key must lead into it
      return frame?.contentDocument?.body ? frame.contentWindow : null;
    } catch {
      return null; // of another origin
    }
  }

  button(name) {
    const buttons = [...(this.window?.document.querySelectorAll("button") ?? [])];
    return buttons.find((button) => button.textContent.trim() === name && !button.disabled) ?? null;
  }

  // Once for each window that the frame gets; the newest Camera is told.
  wrap(target) {
    if (target.ferCamera) {
      target.ferCamera.owner = this;
      return;
    }
    if (!this.button("Start")) return; // its scripts are still being loaded
    const media = target.navigator.mediaDevices;
    if (!media?.getUserMedia) return;
    const hook = (target.ferCamera = { owner: this, getUserMedia: media.getUserMedia.bind(media) });
    try {
      media.getUserMedia = (constraints) => hook.owner.answer(hook, constraints);
      target.RTCPeerConnection = new Proxy(target.RTCPeerConnection, {
        construct(original, parameters) {
          const peer = Reflect.construct(original, parameters);
          hook.owner.peer = peer;
          return peer;
        },
      });
    } catch {
      // Then it is missed, and the returned picture takes over.
    }
  }

  async answer(hook, constraints) {
    this.asked = constraints;
    this.isAsking = true;
    const began = performance.now();
    try {
      const { stream, deviceId } = this.options;
      const video = typeof constraints.video === "object" ? { ...constraints.video } : {};
      if (deviceId) {
        video.deviceId = { exact: deviceId };
        delete video.facingMode;
      }
      const opened = stream ?? (await this.opened(hook, constraints, video));
      if (this.isStopWanted) {
        for (const track of opened.getTracks()) track.stop();
        throw new DOMException("Stopped while the camera was being opened", "AbortError");
      }
      this.stream = opened;
      const now = performance.now();
      this.openedAt = now - began > ASKED_MS ? now : (this.openedAt ?? now);
      this.onChange();
      return opened;
    } catch (error) {
      if (!this.isStopWanted) this.error = CAMERA_ERRORS[error.name] ?? error.message;
      this.pressed = null;
      throw error;
    } finally {
      this.isAsking = false;
    }
  }

  // The chosen camera may be gone by now: then any.
  async opened(hook, constraints, video) {
    try {
      return await hook.getUserMedia({ ...constraints, video });
    } catch (error) {
      if (!video.deviceId || !["OverconstrainedError", "NotFoundError"].includes(error.name)) throw error;
      return hook.getUserMedia(constraints);
    }
  }

  sender() {
    return this.peer?.getSenders?.().find((sender) => sender.track?.kind === "video") ?? null;
  }

  capUplink() {
    const sender = this.sender();
    const settings = sender?.track.getSettings() ?? {};
    const long = Math.max(settings.width ?? 0, settings.height ?? 0);
    const wanted = `${this.isFull ? "full" : this.perS} ${long}`;
    if (!long || this.capped === wanted) return;
    const parameters = sender.getParameters();
    if (!parameters.encodings?.length) return;
    Object.assign(parameters.encodings[0], {
      maxFramerate: this.isFull ? FULL_PER_S : this.perS,
      maxBitrate: this.isFull ? FULL_BITS_PER_S : UPLINK_BITS_PER_S,
      scaleResolutionDownBy: this.isFull ? 1 : Math.max(1, long / UPLINK_LONG_SIDE),
    });
    // For a video sharpness matters more than each picture; for the analysis it is the other way round.
    parameters.degradationPreference = this.isFull ? "maintain-resolution" : "maintain-framerate";
    this.capped = wanted;
    sender.setParameters(parameters).catch(() => (this.capped = null));
  }

  async readStats() {
    const now = performance.now();
    if (!this.peer || now - (this.statsAt ?? 0) < STATS_EVERY_MS) return;
    this.statsAt = now;
    let encoded = null;
    let tripMs = 0;
    for (const entry of (await this.peer.getStats()).values()) {
      if (entry.type === "outbound-rtp" && entry.kind === "video") encoded = entry;
      if (entry.type === "candidate-pair" && entry.nominated) tripMs = (entry.currentRoundTripTime ?? 0) * 1000;
    }
    if (!encoded) return;
    const [frames, seconds] = [encoded.framesEncoded ?? 0, encoded.totalEncodeTime ?? 0];
    const last = this.lastEncoded ?? { frames: 0, seconds: 0 };
    this.lastEncoded = { frames, seconds };
    if (frames > last.frames) this.uplinkMs = ((seconds - last.seconds) / (frames - last.frames)) * 1000 + tripMs / 2;
  }
}
