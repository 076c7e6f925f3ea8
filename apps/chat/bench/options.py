"""What a run of the bench is asked to do."""

from dataclasses import dataclass
from pathlib import Path

WARM_UP_S = 1.0
# One sender of the bench does what a hundred people do, so the limits of a connection would end its round at once.
RAISED_LIMITS = {
    "CHAT_SENDS_PER_S": "1000000",
    "CHAT_SENDS_BURST": "1000000",
    "CHAT_FRAMES_PER_S": "1000000",
    "CHAT_FRAMES_BURST": "1000000",
    "CHAT_IP_FRAMES_PER_S": "1000000",
}


@dataclass(frozen=True)
class Options:
    """As the command line gives it; see its help."""

    pairs: tuple[int, ...] = (1, 20, 100)
    seconds: float = 5.0
    processes: int = 1
    share: float = 0.0  # of a core, for each socket process; 0 is no limit
    rounds: int = 3
    window: int = 1
    rate: float = 0.0
    idle: int = 500
    idle_rate: float = 200.0
    stored: int = 0
    slow_disk: bool = False
    ceiling: bool = False
    database_url: str = ""
    template: str = ""
    folder: Path = Path("/tmp")  # noqa: S108

    @property
    def staged_pairs(self) -> int:
        """As many as any round needs."""
        return max(*self.pairs, IDLE_PAIRS if self.idle else 0, STORED_PAIRS if self.stored else 0)


IDLE_PAIRS = 20  # who chat while the idle ones wait
STORED_PAIRS = 20  # who chat in the full and the empty table
FLOOR_CONNECTIONS = 100  # at most
