"""The words of the consent, and their version."""

import hashlib

from app.recording import consent


def test_whoever_changes_the_words_gives_them_a_new_version():
    words = "".join(
        (
            consent.STORED,
            consent.WHERE,
            consent.MEANING,
            consent.LAW,
            consent.YOURS,
            consent.ASK_TO_DELETE,
            consent.VIDEO,
            consent.FILE,
            consent.FILE_VIDEO,
        )
    )

    assert (consent.CONSENT_VERSION, hashlib.sha256(words.encode()).hexdigest()[:12]) == ("3", "23f8683bfc3e")


def test_the_consent_names_the_place_and_the_time():
    words = " ".join(consent.points("/var/lib/fer/sessions.sqlite3", 30))

    assert "/var/lib/fer/sessions.sqlite3" in words
    assert "30 days" in words
    assert "until you delete it" in " ".join(consent.points("x", None))
    for said in ("Article 5(1)(f)", "Expressions are not feelings", "diagnosis", "No pictures"):
        assert said in words


def test_where_nobody_deletes_on_a_page_nobody_is_promised_that_they_can():
    for days in (None, 30):
        words = " ".join(consent.points("x", days, may_delete=False))
        assert "you delete" not in words
        assert "you can delete" not in words
        assert "delete the session at once" not in words
        assert "only whoever runs it can delete sessions" in words
