// The sample clip in the camera's place: played out of sight, drawn to a canvas, and its stream sent as a camera's is.

const SAMPLE_PER_S = 30;

class SampleClip {
  constructor(path) {
    this.path = path;
    this.stream = null;
  }

  // Gives the stream, once the clip plays.
  async play() {
    const video = (this.video = document.createElement("video"));
    Object.assign(video, { muted: true, loop: true, playsInline: true, src: new URL(this.path, document.baseURI).href });
    await video.play();
    const canvas = Object.assign(document.createElement("canvas"), { width: video.videoWidth, height: video.videoHeight });
    const context = canvas.getContext("2d", { alpha: false });
    const draw = () => context.drawImage(video, 0, 0);
    draw();
    this.stream = canvas.captureStream(SAMPLE_PER_S);
    // Not by animation frames, which rest while the page is hidden or the clip is not in it.
    this.drawing = setInterval(draw, 1000 / SAMPLE_PER_S);
    return this.stream;
  }

  stop() {
    clearInterval(this.drawing);
    for (const track of this.stream?.getTracks() ?? []) track.stop();
    this.video?.pause();
    this.video?.removeAttribute("src");
    this.video = this.stream = null;
  }
}
