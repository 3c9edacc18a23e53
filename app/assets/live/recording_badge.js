// That a recording runs, for how long and with how much: on the stage, and at the page's top when that is out of view.

class RecordingBadge {
  constructor(badge, pill, stage) {
    this.badge = badge;
    this.pill = pill;
    pill.onclick = () => {
      const behavior = matchMedia("(prefers-reduced-motion: reduce)").matches ? "auto" : "smooth";
      stage.scrollIntoView({ behavior, block: "center" });
    };
    pill.title = "Back to the video";
    this.isStageSeen = true;
    this.watch = new IntersectionObserver(([entry]) => {
      this.isStageSeen = entry.isIntersecting;
      this.show(this.recording);
    }, { threshold: 0.15 });
    this.watch.observe(stage);
  }

  show(recording) {
    this.recording = recording ?? null;
    this.badge.hidden = !recording;
    this.raise(Boolean(recording) && !this.isStageSeen);
    if (!recording) return;
    const rests = recording.closes_in_s !== null;
    const state = rests ? `waiting for the video, ends in ${Math.ceil(recording.closes_in_s)} s` : recording.video ? "with video" : "";
    const words = [`REC ${clockTime(recording.seconds)}`, counted(recording.samples, "sample"), state].filter(Boolean).join(" · ");
    for (const element of [this.badge, this.pill]) {
      element.toggleAttribute("data-rests", rests);
      element.lastElementChild.textContent = words;
    }
  }

  // In the browser's top layer: nothing of the page can cover it or move it.
  raise(isRaised) {
    if (!this.pill.showPopover || !this.pill.isConnected || this.pill.matches(":popover-open") === isRaised) return;
    if (isRaised) this.pill.showPopover();
    else this.pill.hidePopover();
  }

  stop() {
    this.watch.disconnect();
    this.raise(false);
  }
}

// Such as 0:12 or 1:02:03.
function clockTime(seconds) {
  const whole = Math.floor(seconds);
  const [h, m, s] = [Math.floor(whole / 3600), Math.floor(whole / 60) % 60, whole % 60];
  return h ? `${h}:${String(m).padStart(2, "0")}:${String(s).padStart(2, "0")}` : `${m}:${String(s).padStart(2, "0")}`;
}

const counted = (number, word) => `${number.toLocaleString("en")} ${word}${number === 1 ? "" : "s"}`;
