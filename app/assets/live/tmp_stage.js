export default function ({ parentElement, data }) {
  const root = parentElement.querySelector(".stage");
  const s = (parentElement.ferStage ??= {});
  s.data = data;
  if (s.on) return;
  s.on = true;
  const video = root.querySelector("video"), canvas = root.querySelector("canvas");
  const overlay = new Overlay(canvas), delay = new Delay(canvas);
  const camera = new Camera(() => { if (video.srcObject !== camera.stream) video.srcObject = camera.stream; });
  const feed = feedAt(data.feed);
  window.ferTest = { camera, overlay, feed, video, times: [] };
  feed.on((m) => { if (m.type === "result") { overlay.take(m, feed, camera.uplinkMs); window.ferTest.times.push(performance.now()); } });
  root.querySelector("button").onclick = () => camera.start();
  setInterval(() => { camera.look(); camera.uplink({ isFull: feed.status?.full ?? false }); root.querySelector("p").textContent = `${camera.state} ${camera.error} ${overlay.lagMs} ${feed.status?.text}`; }, 250);
  const tick = () => {
    const st = feed.status ?? {};
    if (st.exact) {
      const age = delay.draw(video, overlay.slowLagMs, st.mirror, overlay.fit(video.videoWidth || 4, video.videoHeight || 3));
      overlay.draw(feed, { video, mirror: st.mirror, kind: st.overlay, muted: st.muted, delayMs: age, keep: true });
    } else overlay.draw(feed, { video, mirror: st.mirror, kind: st.overlay, muted: st.muted });
    requestAnimationFrame(tick);
  };
  requestAnimationFrame(tick);
}
