"""All that is examined of the server, in the order of the report. Imports no Streamlit."""

from app.doctor.certificate import tls
from app.doctor.ice import ice_checks
from app.doctor.port import port
from app.doctor.sign_in import sign_in
from app.doctor.store import migrations, store
from fer_core.doctor import examine_library
from fer_core.findings import Check, Place, look


def examine(place: Place) -> tuple[Check, ...]:
    """Everything: the library's checks and the server's. Takes seconds; nothing is changed and nothing fetched.

    Args:
        place: where the app is to answer.
    """
    return *examine_library(), *examine_server(place)


def examine_server(place: Place) -> tuple[Check, ...]:
    """The server's checks alone; `python -m fer_core doctor` calls this by its name."""
    return (
        look("store", store),
        look("migrations", migrations),
        look("port", lambda: port(place)),
        look("TLS", lambda: tls(place)),
        look("sign-in", lambda: sign_in(place)),
        *ice_checks(),
    )
