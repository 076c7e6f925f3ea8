"""When to try again what failed: exponential, capped, with full jitter, and not for ever."""

import random
from datetime import timedelta

MOST_ATTEMPTS = 10
FIRST_S, LONGEST_S = 5, 3600


def pause(attempts: int) -> timedelta | None:
    """How long to wait after ``attempts`` failures; None when it is time to give up."""
    if attempts >= MOST_ATTEMPTS:
        return None
    longest = min(FIRST_S * 2**attempts, LONGEST_S)
    return timedelta(seconds=random.uniform(0, longest))  # noqa: S311
