"""What the environment says of the network, and the sentence where it says no such thing."""

import ipaddress

import pytest

from app.web.settings import MEGABYTE, WebSettings


def test_nothing_is_set():
    assert WebSettings.from_environment({}) == WebSettings()


def test_all_is_set():
    read = WebSettings.from_environment(
        {
            "FER_ALLOWED_HOSTS": "studio.example.org, *.lab.example.org:8443,",
            "FER_TRUSTED_PROXIES": "127.0.0.1,10.0.0.0/8",
            "FER_EMBED_IN": "https://portal.example.org",
            "FER_METRICS_TOKEN": "0123456789abcdef",
            "FER_MAX_TABS": "9",
            "FER_MAX_TABS_PER_USER": "8",
            "FER_MAX_TAB_FILES": "7",
            "FER_MAX_TAB_FILES_MB": "6",
            "FER_MAX_FILES_MB": "5",
        }
    )

    assert list(map(str, read.allowed_hosts)) == ["studio.example.org", "*.lab.example.org:8443"]
    assert read.trusted_proxies == (ipaddress.ip_network("127.0.0.1"), ipaddress.ip_network("10.0.0.0/8"))
    assert list(map(str, read.embed_in)) == ["https://portal.example.org"]
    assert (read.max_tabs, read.max_tabs_per_user, read.max_tab_files) == (9, 8, 7)
    assert (read.max_tab_files_bytes, read.max_files_bytes) == (6 * MEGABYTE, 5 * MEGABYTE)
    assert read.metrics_token == "0123456789abcdef"
    assert "0123456789" not in repr(read)


@pytest.mark.parametrize(
    ("name", "value"),
    [
        ("FER_ALLOWED_HOSTS", "https://studio.example.org"),
        ("FER_ALLOWED_HOSTS", "*"),
        ("FER_TRUSTED_PROXIES", "nginx"),
        ("FER_EMBED_IN", "portal.example.org"),
        ("FER_EMBED_IN", "https://portal.example.org; script-src *"),
        ("FER_METRICS_TOKEN", "short"),
        ("FER_METRICS_TOKEN", "0123456789 abcdef0"),
        ("FER_MAX_TABS", "0"),
        ("FER_MAX_TABS_PER_USER", "many"),
        ("FER_MAX_TAB_FILES", "-1"),
        ("FER_MAX_TAB_FILES_MB", "1.5"),
        ("FER_MAX_FILES_MB", "٣"),
    ],
)
def test_what_is_malformed_is_refused_with_its_name(name, value):
    with pytest.raises(ValueError, match=f"^{name} must be ") as refused:
        WebSettings.from_environment({name: value})

    assert (value in str(refused.value)) == (name != "FER_METRICS_TOKEN")
