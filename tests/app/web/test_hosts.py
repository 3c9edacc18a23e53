"""Names of hosts and origins are read as browsers write them, and nothing else is."""

import pytest

from app.web.hosts import Host, Origin, is_loopback, own_origin, parse_host, parse_host_pattern, parse_origin


@pytest.mark.parametrize(
    ("text", "host"),
    [
        ("localhost", Host("localhost", None)),
        ("LOCALHOST:8501", Host("localhost", 8501)),
        ("studio.example.org.", Host("studio.example.org", None)),
        ("[::1]:80", Host("::1", 80)),
        ("[0:0:0:0:0:0:0:1]", Host("::1", None)),
        ("[::ffff:127.0.0.1]", Host("127.0.0.1", None)),
    ],
)
def test_a_host_is_read(text, host):
    assert parse_host(text) == host


@pytest.mark.parametrize(
    "text",
    [
        "",
        " ",
        "a b",
        "a/b",
        "user@host",
        "host:",
        "host:0",
        "host:99999",
        "host:1:2",
        "::1",
        "[::1",
        "[zz]",
        "a,b",
        "ä",
    ],
)
def test_what_is_no_host_is_not(text):
    assert parse_host(text) is None


def test_an_origin_has_its_schemes_port():
    assert parse_origin("https://Studio.example.org") == Origin("https", "studio.example.org", 443)
    assert parse_origin("http://[::1]:8501") == own_origin("http", Host("::1", 8501))
    assert str(parse_origin("https://studio.example.org:443")) == "https://studio.example.org"
    assert str(parse_origin("http://[::1]:8501")) == "http://[::1]:8501"


@pytest.mark.parametrize("text", ["null", "", "file://", "ftp://a", "http://", "http://a/b", "http://a b", "a", "//a"])
def test_what_is_no_origin_is_not(text):
    assert parse_origin(text) is None


@pytest.mark.parametrize(
    ("pattern", "hosts", "others"),
    [
        (
            "studio.example.org",
            ["studio.example.org", "studio.example.org:8501"],
            ["example.org", "a.studio.example.org"],
        ),
        ("studio.example.org:443", ["studio.example.org", "studio.example.org:443"], ["studio.example.org:8501"]),
        (
            "*.example.org",
            ["a.example.org", "a.b.example.org:1"],
            ["example.org", "badexample.org", "a.example.org.evil"],
        ),
        ("192.0.2.7", ["192.0.2.7:8501"], ["192.0.2.70"]),
    ],
)
def test_a_pattern_matches_its_hosts(pattern, hosts, others):
    read = parse_host_pattern(pattern)

    assert read is not None
    assert str(read) == pattern
    assert all(read.matches(host) for text in hosts if (host := parse_host(text)))
    assert not any(read.matches(host) for text in others if (host := parse_host(text)))


@pytest.mark.parametrize("text", ["*", "*.", "*.127.0.0.1", "http://a", "a.*", "**.a"])
def test_what_is_no_pattern_is_not(text):
    assert parse_host_pattern(text) is None


def test_addresses_of_this_machine():
    assert all(map(is_loopback, ["127.0.0.1", "127.1.2.3", "::1", "::ffff:127.0.0.1"]))
    assert not any(map(is_loopback, ["", "localhost", "10.0.0.1", "::"]))
