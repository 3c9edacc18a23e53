"""The shared passphrase: its hash, and how often somebody may try."""

import io
import sys

import pytest

from app.access import __main__ as command
from app.access.passphrase import MIN_LENGTH, Attempts, PassphraseHash, hash_passphrase

WORDS = "correct horse battery"


class Clock:
    """Seconds that a test sets."""

    def __init__(self) -> None:
        self.s = 1000.0

    def __call__(self) -> float:
        return self.s


def test_only_the_same_passphrase_matches_and_the_text_of_the_hash_is_read_again() -> None:
    text = str(hash_passphrase(WORDS))
    again = PassphraseHash.parse(f" {text}\n")
    assert again.matches(WORDS)
    assert not again.matches(WORDS.upper())
    assert not again.matches("")
    assert not again.matches("x" * 100_000), "a long one is refused before it costs anything"
    assert str(again) == text
    assert "$" not in text, "a shell would take it for a variable"


def test_two_hashes_of_one_passphrase_differ() -> None:
    assert hash_passphrase(WORDS).salt != hash_passphrase(WORDS).salt


@pytest.mark.parametrize(
    "text",
    [
        WORDS,
        "scrypt:15:8:1:only-five",
        "scrypt:a:8:1:AAAAAAAAAAAAAAAAAAAAAA==:AAAA",
        "scrypt:4:8:1:V46a0aYChlMRvShNeVY9Hg==:YkDlu7VDGV1m2c3m_oX2zujh0TQMmCBtuVFx0eESFQw=",
        "scrypt:40:8:1:V46a0aYChlMRvShNeVY9Hg==:YkDlu7VDGV1m2c3m_oX2zujh0TQMmCBtuVFx0eESFQw=",
        "scrypt:15:8:1::YkDlu7VDGV1m2c3m_oX2zujh0TQMmCBtuVFx0eESFQw=",
    ],
)
def test_what_is_no_hash_is_refused_and_not_repeated(text: str) -> None:
    with pytest.raises(ValueError, match=r"must be what `python -m app\.access` prints") as refusal:
        PassphraseHash.parse(text)
    assert WORDS not in str(refusal.value)


@pytest.mark.parametrize("passphrase", ["", "x" * (MIN_LENGTH - 1), "x" * 257])
def test_a_passphrase_must_be_long_but_not_endless(passphrase: str) -> None:
    with pytest.raises(ValueError, match=f"12 to 256 characters; it has {len(passphrase)}"):
        hash_passphrase(passphrase)


def test_five_tries_are_free_and_then_the_wait_doubles() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    assert [attempts.begin("a") for _ in range(Attempts.FREE)] == [0] * Attempts.FREE
    waits = []
    for _ in range(10):
        wait = attempts.begin("a")
        waits.append(wait)
        clock.s += wait
        assert attempts.begin("a") == 0
    assert waits == [2, 4, 8, 16, 32, 64, 128, 256, 300, 300]


def test_a_success_and_an_hour_of_rest_begin_anew_and_others_do_not_wait() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for _ in range(Attempts.FREE):
        attempts.begin("a")
    assert attempts.wait_s("a") == 2
    assert attempts.wait_s("b") == 0
    attempts.succeeded("a")
    assert attempts.wait_s("a") == 0
    for _ in range(Attempts.FREE):
        attempts.begin("a")
    clock.s += Attempts.FORGOTTEN_AFTER_S + 1
    assert [attempts.begin("a") for _ in range(Attempts.FREE)] == [0] * Attempts.FREE


def test_all_addresses_together_have_a_limit() -> None:
    clock = Clock()
    attempts = Attempts(clock)
    for number in range(Attempts.OF_ALL):
        assert attempts.begin(str(number)) == 0
    assert attempts.begin("another") == Attempts.LONGEST_S
    clock.s += Attempts.LONGEST_S
    assert attempts.begin("another") == 0


def test_the_command_prints_a_hash_of_the_line_that_is_piped_in(
    monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.setattr(sys, "stdin", io.StringIO(WORDS + "\n"))
    assert command.main() == 0
    assert PassphraseHash.parse(capsys.readouterr().out).matches(WORDS)
    monkeypatch.setattr(sys, "stdin", io.StringIO("short\n"))
    assert command.main() == 1
    shown = capsys.readouterr()
    assert shown.out == ""
    assert "12 to 256" in shown.err
