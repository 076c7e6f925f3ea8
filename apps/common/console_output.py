"""Lines of several programs on one terminal."""

import os
import sys
from itertools import cycle
from typing import TextIO

COLOURS = ("36", "32", "33", "35", "34", "96")
OUR_NAME = "desk"


class Printer:
    """Prints lines behind the name of who said them, coloured on a terminal unless ``NO_COLOR`` is set."""

    def __init__(self, stream: TextIO | None = None) -> None:
        self.stream = stream or sys.stdout
        self.coloured = self.stream.isatty() and "NO_COLOR" not in os.environ
        self._colours = cycle(COLOURS)
        self._colour_of = {OUR_NAME: "1"}

    def say(self, text: str) -> None:
        """A message of the supervisor itself."""
        for line in text.splitlines():
            self.line(OUR_NAME, line)

    def line(self, name: str, text: str) -> None:
        """One line of the program ``name``."""
        prefix = f"{name:<9}|"
        if self.coloured:
            if name not in self._colour_of:
                self._colour_of[name] = next(self._colours)
            prefix = f"\x1b[{self._colour_of[name]}m{prefix}\x1b[0m"
        try:
            print(prefix, text, file=self.stream, flush=True)
        except BrokenPipeError:  # nobody reads any more; the programs go on until they are stopped
            nowhere = os.open(os.devnull, os.O_WRONLY)
            os.dup2(nowhere, self.stream.fileno())
            os.close(nowhere)
