// Label and seven bars below the video, where the sidebar is a drawer. Of one height, whether there is a face or not.

class Readings {
  constructor(section, emotions) {
    this.section = section;
    this.emotions = emotions;
    const now = section.appendChild(document.createElement("div"));
    now.className = "now";
    this.label = now.appendChild(document.createElement("b"));
    this.share = now.appendChild(document.createElement("span"));
    const bars = section.appendChild(document.createElement("div"));
    bars.className = "bars";
    this.bars = emotions.map((emotion) => this.bar(bars, emotion));
    this.update(null, 0, "");
  }

  bar(parent, { name, colour }) {
    const row = parent.appendChild(document.createElement("div"));
    row.className = "bar";
    row.dataset.emotion = name;
    row.style.setProperty("--colour", colour);
    row.appendChild(document.createElement("span")).textContent = capitalised(name);
    const fill = row.appendChild(document.createElement("div")).appendChild(document.createElement("i"));
    return { fill, percent: row.appendChild(document.createElement("output")) };
  }

  // The face to read, or null; how many there are; and what to say where there is none.
  update(face, faces, idleWords) {
    if (!this.section.offsetParent) return; // the sidebar shows them
    const which = face && faces > 1 ? ` · face ${face.id}` : "";
    this.section.dataset.level = face?.level ?? "none";
    this.write(this.label, face?.words ?? "No reading");
    this.write(this.share, face ? this.words(face) + which : idleWords);
    this.bars.forEach(({ fill, percent }, i) => {
      const share = face ? face.p[i] : 0;
      this.write(percent, face ? `${Math.round(share * 100)} %` : "–");
      fill.style.setProperty("--share", share.toFixed(3));
    });
  }

  words({ level, share, reason }) {
    if (level === "unsure") return reason;
    return `${Math.round(share * 100)} %${level === "named" ? " sure" : ""}`;
  }

  write(element, words) {
    if (element.textContent !== words) element.textContent = words;
  }
}

const capitalised = (word) => word[0].toUpperCase() + word.slice(1);
