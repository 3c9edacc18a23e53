// A screenshot, made in the browser and kept on the viewer's side: the picture, what is drawn on it, and the time.

// As a PNG; in the video's own size, or in the overlay's where that is larger, for sharp labels.
function snapshot({ video, overlay, mirror }) {
  const scale = Math.max(1, (overlay?.width ?? 0) / video.videoWidth);
  const [width, height] = [video.videoWidth, video.videoHeight].map((side) => Math.round(side * scale));
  const canvas = Object.assign(document.createElement("canvas"), { width, height });
  const context = canvas.getContext("2d");
  context.save();
  if (mirror) context.setTransform(-1, 0, 0, 1, width, 0);
  context.drawImage(video, 0, 0, width, height);
  context.restore();
  if (overlay?.width) context.drawImage(overlay, 0, 0, width, height);
  stamp(context, width, height);
  return new Promise((resolve) => canvas.toBlob(resolve, "image/png"));
}

function stamp(context, width, height) {
  const px = Math.max(12, Math.round(height / 30));
  context.font = `600 ${px}px system-ui, sans-serif`;
  const text = `FER Studio · ${new Date().toLocaleString()}`;
  const wide = context.measureText(text).width + px;
  context.fillStyle = "#0b0f12b0";
  context.fillRect(width - wide, height - px * 1.7, wide, px * 1.7);
  context.fillStyle = "#ffffff";
  context.textBaseline = "middle";
  context.fillText(text, width - wide + px / 2, height - px * 0.85);
}

function save(blob, name) {
  const link = Object.assign(document.createElement("a"), { href: URL.createObjectURL(blob), download: name });
  link.click();
  setTimeout(() => URL.revokeObjectURL(link.href), 10_000);
}

// Such as 2026-11-29-021530, of the viewer's own clock.
function fileTime(date = new Date()) {
  const two = (number) => String(number).padStart(2, "0");
  const day = [date.getFullYear(), two(date.getMonth() + 1), two(date.getDate())].join("-");
  return `${day}-${two(date.getHours())}${two(date.getMinutes())}${two(date.getSeconds())}`;
}
