"""Programs that tests start, and end again."""

import subprocess


def end(process: "subprocess.Popen[bytes]", timeout_s: float = 10) -> None:
    """Ask a program to end, and kill it where it does not within `timeout_s` seconds."""
    process.terminate()
    try:
        process.wait(timeout_s)
    except subprocess.TimeoutExpired:
        process.kill()
        process.wait()
