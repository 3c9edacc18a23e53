// Keeps the camera's stream, and reads every 100 ms the frames' numbers from it and from the returned video.
(() => {
  const original = navigator.mediaDevices.getUserMedia.bind(navigator.mediaDevices);
  navigator.mediaDevices.getUserMedia = async (constraints) => {
    const stream = await original(constraints);
    const video = document.createElement("video");
    Object.assign(video, { srcObject: stream, muted: true, autoplay: true });
    video.style = "position:fixed;left:0;top:0;width:2px;height:2px;opacity:0.01";
    document.body.append(video);
    window.ferLocal = video;
    return stream;
  };
  const canvas = document.createElement("canvas");
  const context = canvas.getContext("2d", { willReadFrequently: true });
  const BITS = STRIP_BITS;
  function read(video) {
    if (!video || !video.videoWidth) return null;
    canvas.width = 280; canvas.height = 8;
    const h = video.videoHeight;
    context.drawImage(video, 0, h * 23 / 24 - h / 60, video.videoWidth, h / 30, 0, 0, 280, 8);
    const row = context.getImageData(0, 4, 280, 1).data;
    const n = BITS + 2;
    let bits = [...Array(n).keys()].map((i) => (row[4 * Math.round((i + 0.5) * 280 / n)] > 128 ? 1 : 0));
    if (bits[0] === 0 && bits[n - 1] === 1) bits.reverse();
    if (bits[0] !== 1 || bits[n - 1] !== 0) return null;
    return bits.slice(1, n - 1).reduce((a, b) => 2 * a + b, 0);
  }
  window.ferSamples = [];
  window.ferShown = [];
  setInterval(() => {
    const remote = document.querySelector("#root video");
    if (!remote || !window.ferLocal) return;
    if (remote.ferCounted === undefined && remote.requestVideoFrameCallback) {
      remote.ferCounted = 0;
      const count = () => { remote.ferCounted += 1; remote.requestVideoFrameCallback(count); };
      remote.requestVideoFrameCallback(count);
    }
    window.ferShown.push([performance.now(), remote.ferCounted]);
    window.ferSamples.push([read(window.ferLocal), read(remote)]);
  }, 100);
})();
