"""The names of the layers that answer, which training code finds a network's outputs by."""

from typing import Final

OUTPUT: Final = "probabilities"
"""Every network's last layer: the seven emotions."""
CROWD: Final = "crowd"
"""The head for FER+'s ten answers, of networks that learnt from the votes."""
ANSWER: Final = "answer"
"""What is shown live, of networks that learnt from the votes: a mixture of both heads."""
HEADS: Final = "emotions_and_crowd"
"""Both heads' answers side by side: 7 emotions, then 10 answers."""
