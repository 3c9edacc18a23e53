// What the parts of a session's page share: the event by which one asks the playhead to go to a moment, and how times
// are written.

const SEEK = "fer-seek";

function askToSeek(session, at) {
  document.dispatchEvent(new CustomEvent(SEEK, { detail: { session, at } }));
}

function clock(seconds) {
  const tenths = Math.floor(seconds * 10 + 0.5);
  const [hours, minutes] = [Math.floor(tenths / 36000), Math.floor(tenths / 600) % 60];
  const rest = ((tenths % 600) / 10).toFixed(1).padStart(4, "0");
  return hours ? `${hours}:${String(minutes).padStart(2, "0")}:${rest}` : `${minutes}:${rest}`;
}
