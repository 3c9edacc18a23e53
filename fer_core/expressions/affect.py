"""Valence and arousal derived from the seven probabilities.

Each emotion has a place on the two axes; a face's place is the mean of these, weighted by its probabilities. The
places are the mean pleasure and arousal ratings of the words angry, disgusted, fearful, happy, sad and surprised in
J. A. Russell and A. Mehrabian, Evidence for a three-factor theory of emotions, Journal of Research in Personality 11
(1977) 273-294. Neutral is the origin. It is a summary of the probabilities, no second measurement: a network trained
on valence and arousal ratings would see more.
"""

from collections.abc import Mapping
from typing import Final

VALENCE_AROUSAL: Final[Mapping[str, tuple[float, float]]] = {
    "angry": (-0.51, 0.59),
    "disgust": (-0.60, 0.35),
    "fear": (-0.64, 0.60),
    "happy": (0.81, 0.51),
    "sad": (-0.63, -0.27),
    "surprise": (0.40, 0.67),
    "neutral": (0.0, 0.0),
}


def valence_arousal(probabilities: Mapping[str, float]) -> tuple[float, float]:
    """The mean place of a face on the two axes.

    Args:
        probabilities: emotion to probability, summing to 1.

    Returns:
        valence and arousal, each -1 to 1; in fact within the emotions' own places (-0.64 to 0.81, -0.27 to 0.67).
    """
    valence = sum(p * VALENCE_AROUSAL[emotion][0] for emotion, p in probabilities.items())
    arousal = sum(p * VALENCE_AROUSAL[emotion][1] for emotion, p in probabilities.items())
    return valence, arousal
