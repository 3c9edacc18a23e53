"""Quantiles of the normal and of Student's distribution, without a statistics package."""

import math
from functools import lru_cache
from statistics import NormalDist

STANDARD_NORMAL = NormalDist()


def student_cdf(t: float, degrees: int) -> float:
    """Probability that Student's t is below `t`; exact for whole degrees of freedom.

    The finite series of M. Abramowitz and I. A. Stegun, Handbook of Mathematical Functions, 26.7.3 and 26.7.4.
    """
    angle = math.atan(abs(t) / math.sqrt(degrees))
    cosine = math.cos(angle)
    term, total = (cosine, cosine) if degrees % 2 else (1.0, 1.0)
    for k in range(3 if degrees % 2 else 2, degrees - 1, 2):
        term *= cosine**2 * (k - 1) / k
        total += term
    within = (angle + math.sin(angle) * (total if degrees > 1 else 0)) * 2 / math.pi
    if degrees % 2 == 0:
        within = math.sin(angle) * total
    return 0.5 + math.copysign(within / 2, t)


@lru_cache(maxsize=512)
def student_quantile(probability: float, degrees: int) -> float:
    """The t below which Student's t lies with that probability.

    Args:
        probability: 0.5 to below 1.
        degrees: of freedom, at least 1; above 300 the normal distribution is as good.

    Raises:
        ValueError: a probability or degrees out of range.
    """
    if not 0.5 <= probability < 1 or degrees < 1:
        raise ValueError(f"expected a probability of 0.5 to 1 and 1 degree or more, got {probability} and {degrees}.")
    if degrees > 300:
        return STANDARD_NORMAL.inv_cdf(probability)
    low, high = 0.0, 1.0
    while student_cdf(high, degrees) < probability:
        high *= 2
    for _ in range(60):
        middle = (low + high) / 2
        low, high = (middle, high) if student_cdf(middle, degrees) < probability else (low, middle)
    return high
