// "Exact": the picture waits for its result. Frames are kept for as long as results are late, and shown then.

const DELAY_WIDTH = 960;
const DELAY_FRAMES = 24;
const MAX_DELAY_MS = 700;
const MIN_DELAY_MS = 60;
const DELAY_MARGIN_MS = 40;

class Delay {
  constructor(canvas) {
    this.context = canvas.getContext("2d");
    this.canvas = canvas;
    this.frames = []; // {at, picture}, oldest first
    this.spare = [];
    this.delayMs = 150;
  }

  // Takes the video's newest picture, and draws the one of `delayMs` ago into `view` (as Overlay.fit gives it).
  draw(video, lagMs, mirror, view) {
    this.watch(video);
    const wanted = Math.max(MIN_DELAY_MS, Math.min(MAX_DELAY_MS, (lagMs ?? 100) + DELAY_MARGIN_MS));
    this.delayMs += (wanted - this.delayMs) * 0.05; // a jump in time would be seen
    const then = performance.now() - this.delayMs;
    const frame = this.frames.findLast((one) => one.at <= then) ?? this.frames[0];
    const { context } = this;
    context.clearRect(0, 0, this.canvas.width, this.canvas.height);
    if (!frame) return 0;
    context.save();
    if (mirror) {
      context.translate(2 * view.left + view.width, 0);
      context.scale(-1, 1);
    }
    context.drawImage(frame.picture, view.left, view.top, view.width, view.height);
    context.restore();
    return performance.now() - frame.at;
  }

  watch(video) {
    if (this.video === video) return;
    this.stop();
    this.video = video;
    const take = (now, meta) => {
      this.keep(video, meta?.captureTime ?? now);
      this.request = video.requestVideoFrameCallback(take);
    };
    this.request = video.requestVideoFrameCallback(take);
  }

  keep(video, at) {
    if (!video.videoWidth) return;
    const picture = this.frames.length >= DELAY_FRAMES ? this.frames.shift().picture : (this.spare.pop() ?? document.createElement("canvas"));
    const scale = Math.min(1, DELAY_WIDTH / video.videoWidth);
    const [width, height] = [Math.round(video.videoWidth * scale), Math.round(video.videoHeight * scale)];
    if (picture.width !== width || picture.height !== height) Object.assign(picture, { width, height });
    picture.getContext("2d", { alpha: false }).drawImage(video, 0, 0, width, height);
    this.frames.push({ at, picture });
  }

  stop() {
    if (this.video) this.video.cancelVideoFrameCallback?.(this.request);
    this.spare.push(...this.frames.map((one) => one.picture));
    this.frames = [];
    this.video = null;
  }
}
