# SPDX-License-Identifier: GPL-2.0-or-later
"""Waiting for a condition, always with a deadline."""
import time


def until(what, condition, seconds=10.0, pause=0.02):
    """Returns the first true value of condition(); TimeoutError names `what` after `seconds`.

    An OSError counts as "not yet": a socket or a file that is still to come.
    """
    deadline = time.monotonic() + seconds
    problem = ""
    while True:
        try:
            value = condition()
            if value:
                return value
            problem = ""
        except OSError as e:
            problem = f" ({e})"
        if time.monotonic() > deadline:
            raise TimeoutError(f"waited {seconds:g} s for {what}{problem}")
        time.sleep(pause)
