"""The Train page as Streamlit runs it, for the tests of its steps; children are real only where a test says so."""

from typing import Any

from streamlit.testing.v1 import AppTest

from tests.helpers import pages
from tests.helpers.training_folders import list_networks, time_networks


def script() -> None:
    """The page alone; it imports all that it needs, as AppTest writes it into a file of its own."""
    from app.views.training import page

    page.render()


def open_page() -> AppTest:
    """With the networks' sizes and speeds known."""
    list_networks()
    time_networks()
    return pages.open_page(script)


def told(page: AppTest) -> list[str]:
    """The errors on the page, but for the one of the upload field, which only the browser shows."""
    return [str(error.value) for error in page.error if not error.value.startswith("The upload failed")]


def button(page: AppTest, label: str) -> Any:
    """The first one with that label."""
    return next(button for button in page.button if button.label == label)


def metrics(page: AppTest) -> dict[str, str]:
    """Figures by their names."""
    return {metric.label: metric.value for metric in page.metric}
