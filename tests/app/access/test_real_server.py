"""Two users at a real server, by Streamlit's own protocol: what no page offers is sent all the same."""

import urllib.error
import urllib.request
from collections.abc import Iterator
from contextlib import AbstractContextManager
from dataclasses import dataclass

import pytest

from app.access.claims import user_from_claims
from app.access.settings import AccessSettings
from app.access.types import AccessMode, Role, User
from app.store.audit import recent_entries
from app.store.database import Store, open_store
from app.store.sessions import sessions
from tests.helpers.browser import studio
from tests.helpers.faces import wait_until
from tests.helpers.protocol import Shown, Tab, cookies, opened_tab
from tests.helpers.store_builders import make_participant, make_session

SECRET = "a secret of this test, long enough to sign with"
ROLES = "recorder=anna@example.org, ben@example.org; trainer=tom@example.org; administrator=chief@example.org"
HERS, HIS = "Secretive Sue", "Ordinary Ole"


@dataclass(frozen=True)
class Site:
    """A running app, and its database."""

    url: str
    store: Store
    session: int
    """Anna's."""

    def tab(self, account: str) -> AbstractContextManager[Tab]:
        return opened_tab(self.url, cookies(account, SECRET, self.url))


def user(account: str) -> User:
    claims = {"iss": "https://provider.example.org", "sub": account, "email": f"{account}@example.org"}
    found = user_from_claims(claims, AccessSettings(mode=AccessMode.OIDC, grants=((Role.RECORDER, "*"),)))
    assert found is not None
    return found


@pytest.fixture(scope="module")
def site(tmp_path_factory: pytest.TempPathFactory) -> Iterator[Site]:
    folder = tmp_path_factory.mktemp("site")
    port = studio.free_port()
    secrets = folder / "secrets.toml"
    secrets.write_text(
        f'[auth]\nredirect_uri = "http://127.0.0.1:{port}/oauth2callback"\ncookie_secret = "{SECRET}"\n'
        'client_id = "fer"\nclient_secret = "fer"\n'
        'server_metadata_url = "http://127.0.0.1:9/.well-known/openid-configuration"\n'
    )
    url = f"sqlite:///{folder / 'sessions.sqlite3'}"
    store = open_store(url)
    number = 0
    for account, name in (("ben", HIS), ("anna", HERS)):
        part = store.of(user(account))
        number = make_session(part, make_participant(part, name), title=f"{name}'s day")
    environment = {"FER_ROLES": ROLES, "STREAMLIT_SECRETS_FILES": str(secrets), "DATABASE_URL": url}
    with studio.serve(environment=environment, port=port) as server:
        yield Site(server.url, store, number)
    store.close()


def of_page(tab: Tab, address: str) -> tuple[Shown, str]:
    """A page of a user who has it, and its number."""
    number = tab.rerun().pages[address]
    return tab.rerun(number), number


def opened(tab: Tab, number: int) -> Shown:
    """The Sessions page with a session's files."""
    listed, page = of_page(tab, "sessions")
    tab.rerun(page, [listed.widgets[f"session_open_{number}"]])
    part = next(n for key, n in tab.rerun(page).widgets.items() if key == f"session_part_{number}")
    return tab.rerun(page, chosen={part: ":material/download: Export"})


def status_of(site: Site, path: str, account: str) -> int:
    jar = cookies(account, SECRET, site.url)
    header = "; ".join(f"{name}={value}" for name, value in jar.items())
    try:
        with urllib.request.urlopen(urllib.request.Request(site.url + path, headers={"Cookie": header})) as answer:
            return int(answer.status)
    except urllib.error.HTTPError as error:
        return error.code


def test_widgets_of_anothers_page_do_nothing(site: Site) -> None:
    with site.tab("anna") as anna, site.tab("ben") as ben:
        hers, page = of_page(anna, "sessions")
        assert HERS in hers.text
        assert HIS not in hers.text
        his, same_page = of_page(ben, "sessions")
        assert same_page == page
        assert HIS in his.text
        assert HERS not in his.text
        hers_number = hers.widgets[f"session_open_{site.session}"]
        after = ben.rerun(page, [hers_number])
        assert HERS not in after.text
        assert f"session_open_{site.session}" not in after.widgets
        for widget in opened(anna, site.session).widgets.values():
            assert HERS not in ben.rerun(page, [widget]).text
    assert len(sessions(site.store)) == 2


def test_pages_that_a_role_lacks_are_not_there_by_their_number(site: Site) -> None:
    with site.tab("tom") as tom, site.tab("ben") as ben, site.tab("chief") as chief:
        everything = chief.rerun().pages
        his, toms = ben.rerun().pages, tom.rerun().pages
        assert set(his) & set(toms) == {"live"} or "" in his
        for address in ("train", "models"):
            assert address not in his
            shown = ben.rerun(everything[address])
            assert not [key for key in shown.widgets if key.startswith(("train_", "models_"))]
        shown = tom.rerun(everything["sessions"])
        assert HERS not in shown.text
        assert HIS not in shown.text
        assert HERS in chief.rerun(everything["sessions"]).text


def test_a_download_of_anothers_page_is_refused_by_its_number_and_by_its_link(site: Site) -> None:
    with site.tab("anna") as anna, site.tab("ben") as ben:
        numbers = opened(anna, site.session).deferred
        assert len(numbers) >= 2, "report and data"
        ben.rerun()
        for number in numbers:
            assert ben.ask_for_file(number) == ""
            link = anna.ask_for_file(number)
            assert link.startswith("/media/")
            assert status_of(site, link, "anna") == 200
            assert status_of(site, link, "ben") == 404
            assert status_of(site, link, "chief") == 404, "nobody told them this link"
        assert ben.ask_for_file("f" * 32) == ""


def test_what_was_exported_is_in_the_log(site: Site) -> None:
    with site.tab("anna") as anna:
        for number in opened(anna, site.session).deferred:
            anna.ask_for_file(number)

    def is_noted() -> bool:
        found = recent_entries(site.store, 100)
        return {"report", "session"} <= {one.what.split()[0] for one in found if one.event == "exported"}

    wait_until(is_noted, timeout_s=20)
    assert HERS not in str(recent_entries(site.store, 100))
    assert {one.who for one in recent_entries(site.store, 100) if one.event == "exported"} == {user("anna").owner}
