"""Remarks on a file beside its results: more faces than the limit, a picture that lies on its side."""

from typing import Final

from fer_core.results import FrameResult

_TURNS: Final = {1: "a quarter clockwise", 2: "upside down", 3: "a quarter anticlockwise"}


class Remarks:
    """Collects what is worth a remark from a file's results, one by one."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._most_seen = self._analysed = self._quarter_turns = 0
        self._size_wh = (0, 0)

    def see(self, result: FrameResult) -> None:
        """Note what the next frame's result has to remark on."""
        if result.faces_left_out and len(result.faces) + result.faces_left_out > self._most_seen:
            self._analysed = len(result.faces)
            self._most_seen = self._analysed + result.faces_left_out
        if result.faces:
            self._quarter_turns = result.faces[0].face.quarter_turns
            self._size_wh = result.resolution_wh

    def added_to(self, damage: str | None) -> str | None:
        """Join what was broken in the file, if anything, and the remarks to one sentence; None for neither."""
        parts = [damage] if damage else []
        if self._most_seen:
            parts.append(
                f"up to {self._most_seen} faces were seen at a time, the largest {self._analysed} of them analysed; "
                "raise the largest number of faces (--max-faces) to analyse more"
            )
        if self._quarter_turns:
            width, height = self._size_wh
            parts.append(
                f"its faces are upright only when it is turned {_TURNS[self._quarter_turns]}, and were analysed that "
                f"way; boxes refer to the picture as it is stored, {width} x {height} pixels"
            )
        return "; ".join(parts) or None
