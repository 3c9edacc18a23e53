// In each frame of the page: notes when results arrive, on the page's own clock, by either way.
(() => {
  const page = window.top;
  page.ferHeard ??= []; // [way, number, server's ms when sent, page's ms when heard]
  const hear = (text) => {
    const now = page.performance.now();
    const message = JSON.parse(text);
    if (message.pong !== undefined) page.ferPings.push([Number(message.pong), now, message.at]);
    else page.ferHeard.push([message.way, message.number, message.sent, now]);
  };
  if (window === page) {
    page.ferPings = []; // [page's ms when asked, page's ms when answered, server's ms]
    const socket = new WebSocket(`ws://${location.host}/bench/results`);
    socket.onmessage = (event) => hear(event.data);
    page.ferPing = () => socket.send(String(performance.now()));
    return;
  }
  window.RTCPeerConnection = new Proxy(window.RTCPeerConnection, {
    construct(target, given) {
      const peer = new target(...given);
      const channel = peer.createDataChannel("fer", { negotiated: true, id: 0, ordered: false, maxRetransmits: 0 });
      channel.onmessage = (event) => hear(event.data);
      return peer;
    },
  });
})();
