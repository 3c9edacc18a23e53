"""Each page in each main state and look, as pictures to look at: `python -m tests.browser.take_all_states FOLDER`."""

import argparse
import sys
import tempfile
from pathlib import Path

from playwright.sync_api import Error as PlaywrightError

from tests.helpers.browser import studio
from tests.helpers.browser.page_states import STATES, fill_home, open_state

LOOKS = {
    f"{size[0]}-{'dark' if dark else 'light'}": (size, dark)
    for size in ((1440, 900), (1024, 768), studio.PHONE)
    for dark in (False, True)
}


def main() -> int:
    """Take them; the exit status is 1 where a state could not be reached."""
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("folder", type=Path, help="for the pictures")
    parser.add_argument("--look", choices=LOOKS, action="append", help="only this one; may be given more than once")
    options = parser.parse_args()
    options.folder.mkdir(parents=True, exist_ok=True)
    missed = 0
    with tempfile.TemporaryDirectory() as folder:
        fill_home(Path(folder) / "home")
        with (
            studio.serve(environment={"FER_HOME": str(Path(folder) / "home")}) as server,
            studio.chromium(camera=None) as browser,
        ):
            for look in options.look or LOOKS:
                size, dark = LOOKS[look]
                page = studio.new_tab(browser, size=size, dark=dark)
                for name, state in STATES.items():
                    try:
                        open_state(page, server.url, state, Path(folder))
                    except PlaywrightError as error:
                        print(f"{look}, {name}: {error}", file=sys.stderr)
                        missed += 1
                    page.screenshot(path=options.folder / f"{look} {name}.png")
                page.context.close()
    return 1 if missed else 0


if __name__ == "__main__":
    sys.exit(main())
