"""The builder of HTML tables."""

from app.html_tables import head_row, matrix, row, share_cell, share_row, table, text_table
from fer_core.emotions import EMOTION_COLOURS


def test_rows_have_a_head_and_numbers():
    assert head_row("Label", ["Came"]) == '<tr><th>Label</th><th class="n">Came</th></tr>'
    assert row("Happy", ["3", "4"]) == '<tr><td>Happy</td><td class="n">3</td><td class="n">4</td></tr>'
    assert table("x", css="a", box_css="b", height_rem=4.2) == (
        '<div class="fer-scroll b" style="max-height:4.2rem" tabindex="0"><table class="fer-table a">x</table></div>'
    )


def test_small_shares_are_not_rounded_away():
    assert [share_cell(share) for share in (0, 0.004, 0.005, 0.5)] == ["–", "&lt;1\u00a0%", "0\u00a0%", "50\u00a0%"]
    assert f"{EMOTION_COLOURS['sad']}55 25.0%" in share_row("sad", [0.25])


def test_what_was_only_leaning_is_the_striped_end_of_a_bar():
    colour = EMOTION_COLOURS["sad"]

    html = share_row("sad", [0.25, 0.5, 1.0], leaning=[0.0, 0.2, 1.0])

    plain, striped, whole = html.split("<td")[2:]
    assert "repeating" not in plain
    assert "title" not in plain
    assert f"{colour}55 30.0%, transparent 0), repeating-linear-gradient" in striped
    assert " 37.5% 0 / 20.0% 100% no-repeat" in striped, "it begins where the named part ends: 0.3 = 0.375 * (1 - 0.2)"
    assert 'title="Named 30\u00a0%, probably 20\u00a0%"' in striped
    assert " 0.0% 0 / 100.0% 100% no-repeat" in whole


def test_a_matrix_shades_shares_of_its_rows():
    html = matrix(
        ("sad", "happy"),
        [[1, 3], [0, 0]],
        cell=lambda count, total: f"{count}/{total}",
        hint=lambda first, second, count, total: f"{first} {second} {count} {total}",
    )

    assert html.startswith('<table class="fer-matrix"><tr><th></th><th title="sad">Sad</th>')
    assert '<td style="background:rgba(47,143,131,0.565)" title="sad happy 3 4">3/4</td>' in html
    assert '<td style="background:rgba(47,143,131,0.04)" title="happy sad 0 0">0/0</td>' in html


def test_text_is_escaped_and_second_lines_are_small():
    html = text_table(("<a>", "n"), [("x\n<b>", "1")], numbers=(1,), chosen=0, lines=3)

    assert '<tr><th>&lt;a&gt;</th><th class="n">n</th></tr>' in html
    assert '<tr class="on"><td>x<br><small>&lt;b&gt;</small></td><td class="n">1</td></tr>' in html
    assert "max-height:8.4rem" in html


def test_three_columns_become_cards_on_a_phone_whose_cells_name_their_column():
    cards = text_table(("Model", 'The "best"', "ms"), [("a", "b", "1")], numbers=(2,))

    assert 'class="fer-table fer-cards"' in cards
    assert (
        '<td data-label="Model">a</td><td data-label="The &quot;best&quot;">b</td><td class="n" data-label="ms">1</td>'
    ) in cards
    assert "fer-cards" not in text_table(("", ""), [("a", "1")]).split("</style>")[1]
