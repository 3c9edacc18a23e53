"""Text in the cells of a csv."""

import csv
import io

import pytest

from fer_core.files.columns import cell_text, text_cell


@pytest.mark.parametrize("start", ["=", "+", "-", "@", "\t", "\r", "'=", "''-", "\uff1d"])
def test_text_that_a_spreadsheet_would_run_is_marked_and_comes_back(start: str):
    text = f'{start}HYPERLINK("http://evil.example")'

    assert text_cell(text) == f"'{text}"
    out = io.StringIO()
    csv.writer(out).writerow([text_cell(text)])
    assert cell_text(next(csv.reader(io.StringIO(out.getvalue(), newline="")))[0]) == text


@pytest.mark.parametrize("text", ["", "a=1.jpg", "'quoted'", "it's", "Zoë.png"])
def test_other_text_stays_as_it_is(text: str):
    assert (text_cell(text), cell_text(text)) == (text, text)
