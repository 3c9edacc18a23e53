"""The names of the layers that answer, which training code finds a network's outputs by."""

from typing import Final

OUTPUT: Final = "probabilities"
"""Every network's last layer: the seven emotions."""
CROWD: Final = "crowd"
"""The head for FER+'s ten answers, there only while a run trains on votes."""
