// With several faces in view a row of cards, one for each: a crop of the picture, number, label and share. A press
// chooses the face that the page reads.

const CARD_PX = 80;
const CROP_EVERY_MS = 1000;
const CARDS_STAY_MS = 1500;
const CROP_MARGIN = 1.25;

class FaceCards {
  constructor(row, choose, unsure) {
    this.row = row;
    this.unsure = unsure;
    this.choose = choose;
    this.chosen = null;
    this.cards = new Map(); // by the face's number
    this.severalAt = -Infinity;
    this.largest = this.button("largest", () => choose(null));
    this.largest.textContent = "Largest face";
    this.largest.title = "Show the largest face again (0)";
  }

  // A new result, or another choice.
  update(result, feed) {
    const chosen = (this.chosen = feed.chosen);
    const faces = [...(result?.faces ?? [])].sort((a, b) => a.id - b.id);
    const now = performance.now();
    if (faces.length > 1) this.severalAt = now;
    const isShown = chosen !== null || (faces.length > 0 && now - this.severalAt < CARDS_STAY_MS);
    this.row.hidden = !isShown;
    if (!isShown) return this.keep(new Set());
    for (const face of faces) this.fill(this.cards.get(face.id) ?? this.add(face.id), face);
    const ids = new Set(faces.map((face) => face.id));
    if (chosen !== null && !ids.has(chosen)) {
      ids.add(chosen);
      this.write(this.cards.get(chosen) ?? this.add(chosen), `Face ${chosen}`, "not in view", this.unsure.colour, "unsure");
    }
    this.keep(ids);
    const marked = chosen ?? feed.face(result)?.id;
    for (const [id, card] of this.cards) card.button.setAttribute("aria-pressed", String(id === marked));
    this.largest.hidden = chosen === null;
    if (this.row.lastChild !== this.largest) this.row.append(this.largest);
  }

  fill(card, face) {
    card.face = face;
    const share = face.label ? ` ${Math.round(face.share * 100)} %` : "";
    this.write(card, `Face ${face.id}`, face.words + share, face.colour, face.level);
  }

  write(card, title, words, colour, level) {
    if (card.title.textContent !== title) card.title.textContent = title;
    if (card.words.textContent !== words) card.words.textContent = words;
    card.button.style.setProperty("--colour", colour);
    card.button.dataset.level = level;
  }

  add(id) {
    const button = this.button("", () => this.choose(this.chosen === id ? null : id));
    button.dataset.face = id;
    button.title = id <= 9 ? `Show this face (${id})` : "Show this face";
    const crop = button.appendChild(document.createElement("canvas"));
    crop.width = crop.height = CARD_PX;
    const text = button.appendChild(document.createElement("span"));
    const card = { button, crop, title: text.appendChild(document.createElement("b")), words: text.appendChild(document.createElement("span")), croppedAt: -Infinity };
    this.cards.set(id, card);
    const next = [...this.cards.keys()].filter((other) => other > id).sort((a, b) => a - b)[0];
    this.row.insertBefore(button, next === undefined ? null : this.cards.get(next).button);
    return card;
  }

  button(name, press) {
    const button = this.row.appendChild(document.createElement("button"));
    button.type = "button";
    button.className = name;
    button.onclick = press;
    return button;
  }

  keep(ids) {
    for (const [id, card] of this.cards) {
      if (ids.has(id)) continue;
      card.button.remove();
      this.cards.delete(id);
    }
  }

  // To be called with each picture; `isMirrored` where the video's own pixels are, `mirror` where it is shown so.
  crop(video, { mirror, isMirrored }) {
    if (this.row.hidden || !video.videoWidth) return;
    const now = performance.now();
    for (const card of this.cards.values()) {
      if (!card.face || now - card.croppedAt < CROP_EVERY_MS) continue;
      card.croppedAt = now;
      this.draw(card, video, mirror, isMirrored);
    }
  }

  draw({ crop, face }, video, mirror, isMirrored) {
    const [width, height] = [video.videoWidth, video.videoHeight];
    const side = Math.max(face.w * width, face.h * height) * CROP_MARGIN;
    const left = (isMirrored ? 1 - face.x : face.x) * width - side / 2;
    const context = crop.getContext("2d");
    context.setTransform(mirror ? -1 : 1, 0, 0, 1, mirror ? CARD_PX : 0, 0);
    context.clearRect(0, 0, CARD_PX, CARD_PX);
    context.drawImage(video, left, face.y * height - side / 2, side, side, 0, 0, CARD_PX, CARD_PX);
  }
}
