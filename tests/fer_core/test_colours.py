"""Contrast, and the ink that can be read."""

import pytest

from fer_core.colours import BLACK, WHITE, contrast, darkened, ink_on, luminance, rgb


def test_values_are_red_green_blue():
    assert rgb("#0180ff") == (1, 128, 255)


@pytest.mark.parametrize("wrong", ["", "0180ff", "#fff", "#0180ffcc", "#01 8ff", "red"])
def test_other_spellings_are_refused(wrong):
    with pytest.raises(ValueError):
        rgb(wrong)


def test_contrast_is_wcags():
    assert contrast(BLACK, WHITE) == contrast(WHITE, BLACK) == pytest.approx(21)
    assert contrast("#777777", WHITE) == pytest.approx(4.48, abs=0.005), (
        "the guideline's own example of just too little"
    )
    assert luminance("#808080") == pytest.approx(0.2159, abs=1e-4)


def test_on_every_grey_and_pure_colour_text_can_be_read():
    for v in range(256):
        for ground in (f"#{v:02x}{v:02x}{v:02x}", f"#{v:02x}0000", f"#00{v:02x}00", f"#0000{v:02x}"):
            assert contrast(ink_on(ground), ground) >= 4.5


def test_darkened_keeps_the_hue():
    assert darkened("#64c80a", 0.5) == "#326405"
