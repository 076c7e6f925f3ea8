"""Files that a process may have open: each socket is one."""

import resource
from contextlib import suppress

WANTED = 65_536


def allow_many_files() -> None:
    """As many as we want, or may have; what we start inherits it. Many systems begin with 1,024."""
    soft, hard = resource.getrlimit(resource.RLIMIT_NOFILE)
    most = WANTED if hard == resource.RLIM_INFINITY else min(WANTED, hard)
    if soft != resource.RLIM_INFINITY and soft < most:
        with suppress(OSError, ValueError):  # a system that has another limit than it says
            resource.setrlimit(resource.RLIMIT_NOFILE, (most, hard))
