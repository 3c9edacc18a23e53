// For measuring, in every frame of the page, before any script of the page: window.top.ferProbe.
(() => {
  const media = navigator.mediaDevices;
  if (!media) return;
  const original = media.getUserMedia.bind(media);
  media.getUserMedia = async (constraints) => (window.top.ferProbe.camera = await original(constraints));
  if (window !== window.top) return;

  const BITS = STRIP_BITS;
  const WIDTH = 280;
  const canvas = new OffscreenCanvas(WIDTH, 8);
  const context = canvas.getContext("2d", { willReadFrequently: true });

  // The number that is painted into the picture that the video shows now; null where none can be read.
  function read(video) {
    if (!video?.videoWidth) return null;
    const h = video.videoHeight;
    context.drawImage(video, 0, (h * 23) / 24 - h / 60, video.videoWidth, h / 30, 0, 0, WIDTH, 8);
    const row = context.getImageData(0, 4, WIDTH, 1).data;
    const n = BITS + 2;
    const bits = [...Array(n).keys()].map((i) => (row[4 * Math.round(((i + 0.5) * WIDTH) / n)] > 128 ? 1 : 0));
    if (bits[0] === 0 && bits[n - 1] === 1) bits.reverse(); // mirrored
    if (bits[0] !== 1 || bits[n - 1] !== 0) return null;
    return bits.slice(1, n - 1).reduce((a, b) => 2 * a + b, 0);
  }

  // Pictures that the browser put on the screen for this video, from now on: {first, last}, each [ms, number].
  function count(video) {
    const counted = { first: null, last: null };
    const note = (now, { presentedFrames }) => {
      counted.first ??= [now, presentedFrames];
      counted.last = [now, presentedFrames];
      video.requestVideoFrameCallback(note);
    };
    video.requestVideoFrameCallback(note);
    window.ferProbe.counted = counted;
  }

  // For some seconds, [number in the camera's own picture, number in the video's] ten times a second.
  async function compare(video, seconds) {
    const own = Object.assign(document.createElement("video"), { srcObject: window.ferProbe.camera, muted: true });
    own.style = "position:fixed;left:0;top:0;width:2px;height:2px;opacity:0.01";
    document.body.append(own);
    await own.play();
    const pairs = [];
    for (let i = 0; i < seconds * 10; i++) {
      await new Promise((resolve) => setTimeout(resolve, 100));
      pairs.push([read(own), read(video)]);
    }
    own.remove();
    return pairs;
  }

  // For some seconds, [number in the picture, drawn boxes] as they stand on the screen together: after the page has drawn.
  function follow(video, seconds) {
    const rows = [];
    const until = performance.now() + seconds * 1000;
    return new Promise((resolve) => {
      const look = () => {
        const boxes = window.ferOverlay?.boxes ?? [];
        rows.push([read(video), boxes.map(({ x, y, w, h }) => [x, y, w, h]), window.ferOverlay?.lagMs ?? null]);
        if (performance.now() > until) resolve(rows);
        else setTimeout(() => requestAnimationFrame(look), 30); // asked for late, so that it comes last
      };
      requestAnimationFrame(look);
    });
  }

  // Results that the page hears from now on.
  function hear() {
    window.ferProbe.heard = 0;
    const feed = [...(window.ferFeeds?.values() ?? [])][0];
    feed?.on((message) => message.type === "result" && (window.ferProbe.heard += 1));
  }

  // The time of the first result that names an expression.
  function awaitLabel() {
    window.ferProbe.labelAt = null;
    const feed = [...(window.ferFeeds?.values() ?? [])][0];
    feed?.on((message) => {
      if (message.type === "result" && message.faces[0]?.label) window.ferProbe.labelAt ??= performance.now();
    });
  }

  window.ferProbe = { camera: null, counted: null, heard: 0, labelAt: null, read, count, compare, follow, hear, awaitLabel };
})();
