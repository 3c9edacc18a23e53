// Moments of a session as buttons, in rows with a head each; a press sends the playhead there.

export default function ({ parentElement, data }) {
  const list = parentElement.querySelector(".moments");
  list.replaceChildren(...data.rows.map((row) => rowOf(row, data.session)));
}

function rowOf({ head, colour, places }, session) {
  const item = document.createElement("li");
  const name = item.appendChild(document.createElement("span"));
  if (colour) name.appendChild(document.createElement("i")).style.background = colour;
  name.append(head);
  const room = item.appendChild(document.createElement("span"));
  room.className = "places";
  for (const { at, words } of places) {
    const button = room.appendChild(document.createElement("button"));
    button.type = "button";
    button.textContent = [clock(at), words].filter(Boolean).join(" · ");
    button.setAttribute("aria-label", `${head}: go to ${button.textContent}`);
    button.onclick = () => askToSeek(session, at);
  }
  return item;
}
