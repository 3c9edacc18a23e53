"""Quantiles as the tables have them."""

import pytest

from fer_core.quantiles import student_cdf, student_quantile


@pytest.mark.parametrize(
    ("probability", "degrees", "tabled"),
    [
        (0.975, 1, 12.706),
        (0.975, 2, 4.303),
        (0.975, 3, 3.182),
        (0.975, 4, 2.776),
        (0.975, 9, 2.262),
        (0.975, 30, 2.042),
        (0.995, 5, 4.032),
        (0.9995, 4, 8.610),
        (0.9995, 9, 4.781),
        (0.95, 120, 1.658),
        (0.975, 1000, 1.960),
    ],
)
def test_quantiles_are_those_of_the_tables(probability, degrees, tabled):
    assert student_quantile(probability, degrees) == pytest.approx(tabled, abs=6e-4)


@pytest.mark.parametrize("degrees", [1, 2, 3, 7, 20, 300])
def test_the_quantile_undoes_the_distribution(degrees):
    assert student_cdf(student_quantile(0.9, degrees), degrees) == pytest.approx(0.9)
    assert student_cdf(-student_quantile(0.9, degrees), degrees) == pytest.approx(0.1)


@pytest.mark.parametrize(("probability", "degrees"), [(0.4, 3), (1.0, 3), (0.9, 0)])
def test_what_has_no_quantile_is_refused(probability, degrees):
    with pytest.raises(ValueError, match="expected a probability"):
        student_quantile(probability, degrees)
