"""`python -m app.access`: ask for a passphrase and print its hash for FER_PASSPHRASE_HASH."""

import getpass
import sys

from app.access.passphrase import hash_passphrase


def main() -> int:
    """Ask twice at a terminal, or read one line of what is piped in; the hash goes to standard output alone."""
    if sys.stdin.isatty():
        passphrase = getpass.getpass("Passphrase: ")
        if getpass.getpass("Again: ") != passphrase:
            sys.stderr.write("The two differ; nothing was made.\n")
            return 1
    else:
        passphrase = sys.stdin.readline().rstrip("\r\n")
    try:
        sys.stdout.write(f"{hash_passphrase(passphrase)}\n")
    except ValueError as error:
        sys.stderr.write(f"{error}\n")
        return 1
    return 0


if __name__ == "__main__":
    sys.exit(main())
