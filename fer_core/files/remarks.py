"""What is to be told of a file beside its results: faces beyond the limit, a picture that lies on its side."""

from typing import Final

from fer_core.results import FrameResult

_TURNS: Final = {1: "a quarter clockwise", 2: "upside down", 3: "a quarter anticlockwise"}


class Remarks:
    """Sees a file's results one by one."""

    def __init__(self) -> None:
        """Nothing seen yet."""
        self._most_seen = self._analysed = self._quarter_turns = 0
        self._size_wh = (0, 0)

    def see(self, result: FrameResult) -> None:
        """Take the next result."""
        if result.faces_left_out and len(result.faces) + result.faces_left_out > self._most_seen:
            self._analysed = len(result.faces)
            self._most_seen = self._analysed + result.faces_left_out
        if result.faces:
            self._quarter_turns = result.faces[0].face.quarter_turns
            self._size_wh = result.resolution_wh

    def added_to(self, damage: str | None) -> str | None:
        """What was broken in the file, if anything, and what there is to tell, as one sentence; None for nothing."""
        parts = [damage] if damage else []
        if self._most_seen:
            parts.append(
                f"up to {self._most_seen} faces were seen at a time, the largest {self._analysed} of them analysed; "
                "set the largest number of faces (--max-faces) higher to analyse more"
            )
        if self._quarter_turns:
            width, height = self._size_wh
            parts.append(
                f"its faces stand upright only when it is turned {_TURNS[self._quarter_turns]}: they were judged so; "
                f"boxes are counted in the picture as it is stored, {width} x {height} pixels"
            )
        return "; ".join(parts) or None
