// Snapshots of the camera once or twice a second by plain HTTPS, where a network lets no video through. The stage shows
// each one when the server has taken it, as a video, so that all that belongs to a video works with it.

const STILL_EVERY_MS = 600;
const STILL_AGAIN_MS = 2000;
const STILL_WITHIN_MS = 20_000;
const STILL_LONG_SIDE = 640;
const STILL_FULL_SIDE = 1280;
const STILL_QUALITY = 0.85;
const STILL_SHOWN_PER_S = 5;

class Stills {
  constructor(onChange) {
    this.onChange = onChange;
    this.picture = null; // the stream of what the server has taken
    this.problem = ""; // why the last one was not taken, a sentence
    this.uplinkMs = 0;
    this.isFull = false; // the camera's whole picture is wanted
    this.run = null;
  }

  get isOn() {
    return this.run !== null;
  }

  // Takes over a stream that is open, or opens the camera; throws what the browser says where it gives none.
  async start(url, { stream = null, deviceId = "" }) {
    const run = (this.run = {});
    this.problem = "";
    try {
      const source = stream?.active ? stream.clone() : await openCamera(deviceId);
      if (this.run !== run) return stopTracks(source); // stopped meanwhile
      Object.assign(run, { url, source, video: await playing(source), canvas: document.createElement("canvas") });
    } catch (error) {
      if (this.run === run) this.stop();
      throw error;
    }
    if (this.run !== run) return stopTracks(run.source);
    this.onChange();
    this.send(run);
  }

  stop() {
    const { run } = this;
    this.run = null;
    stopTracks(run?.source);
    stopTracks(this.picture);
    this.picture = null;
    if (run?.url) fetch(run.url, { method: "DELETE", keepalive: true }).catch(() => {}); // it learns that by itself, later
    this.onChange();
  }

  // One at a time: the next one is taken when this one was answered.
  async send(run) {
    while (this.run === run) {
      const began = performance.now();
      const problem = await this.sendOne(run);
      if (this.run !== run) return;
      if (problem !== this.problem) {
        this.problem = problem;
        this.onChange();
      }
      const wait = problem ? STILL_AGAIN_MS : Math.max(0, STILL_EVERY_MS - (performance.now() - began));
      await new Promise((go) => setTimeout(go, wait));
    }
  }

  // Gives why it was not taken; else an empty text.
  async sendOne(run) {
    const still = drawn(run.video, this.isFull ? STILL_FULL_SIDE : STILL_LONG_SIDE);
    if (!still) return "No picture from the camera.";
    try {
      const body = await new Promise((take) => still.toBlob(take, "image/jpeg", STILL_QUALITY));
      const sent = performance.now();
      const headers = { "Content-Type": "image/jpeg" };
      const answer = await fetch(run.url, { method: "POST", headers, body, signal: AbortSignal.timeout(STILL_WITHIN_MS) });
      if (answer.status === 404 && this.run === run) this.stop(); // the server began anew: the page loads itself again
      if (!answer.ok) return (await answer.json().catch(() => ({}))).problem || `The server does not take snapshots (${answer.status}).`;
      this.uplinkMs = (performance.now() - sent) / 2;
    } catch {
      return "The server did not answer the last snapshot. The next one follows in a moment.";
    }
    if (this.run === run) this.show(run, still);
    return "";
  }

  show(run, still) {
    const { canvas } = run;
    if (canvas.width !== still.width || canvas.height !== still.height) Object.assign(canvas, { width: still.width, height: still.height });
    run.context ??= canvas.getContext("2d", { alpha: false });
    run.context.drawImage(still, 0, 0);
    if (this.picture) return;
    this.picture = canvas.captureStream(STILL_SHOWN_PER_S);
    run.context.drawImage(still, 0, 0); // some browsers give only what is drawn from now on
    this.onChange();
  }
}

function openCamera(deviceId) {
  const video = { width: { ideal: 1280 }, height: { ideal: 720 } };
  Object.assign(video, deviceId ? { deviceId: { exact: deviceId } } : { facingMode: "user" });
  return navigator.mediaDevices.getUserMedia({ video, audio: false });
}

async function playing(stream) {
  const video = Object.assign(document.createElement("video"), { muted: true, playsInline: true, srcObject: stream });
  await video.play();
  return video;
}

function drawn(video, longSide) {
  const scale = Math.min(1, longSide / Math.max(video.videoWidth, video.videoHeight));
  if (!video.videoWidth) return null;
  const [width, height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(side * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  canvas.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
  return canvas;
}

function stopTracks(stream) {
  for (const track of stream?.getTracks() ?? []) track.stop();
}
