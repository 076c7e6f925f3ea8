"""Vectors of the knowledge base's texts, kept in the database: encoding thousands of texts takes seconds."""

import hashlib
from collections.abc import Iterable, Mapping

import numpy as np
from numpy.typing import NDArray

from apps.knowledge.matching.encoder import WIDTH, Encoder
from apps.knowledge.models import TextVector

AT_ONCE = 128  # texts that a search may have to wait for, about 0.2 s
BATCH = 256
NUMBERS = np.dtype("<f2")


class KeptVectors:
    """Finds vectors in the database and makes the few that are missing."""

    def __init__(self, encoder: Encoder) -> None:
        self._encoder = encoder

    def find(self, texts: list[str]) -> Mapping[str, NDArray] | None:
        """Vectors of ``texts``; None when so many are missing that a search must not wait for them."""
        found = self.load(texts)
        missing = [text for text in texts if text not in found]
        if len(missing) > AT_ONCE:
            return None
        return found | self.make(missing)

    def load(self, texts: Iterable[str]) -> dict[str, NDArray]:
        """Those of ``texts`` that are kept; one query for each 5,000."""
        digests = {self.digest(text): text for text in texts}
        found: dict[str, NDArray] = {}
        wanted = list(digests)
        for at in range(0, len(wanted), 5000):
            rows = TextVector.objects.filter(digest__in=wanted[at : at + 5000])
            for digest, vector in rows.values_list("digest", "vector"):
                found[digests[digest]] = np.frombuffer(bytes(vector), NUMBERS, WIDTH)
        return found

    def make(self, texts: list[str]) -> dict[str, NDArray]:
        """Encode ``texts`` and keep their vectors; in batches, so that stopping half-way loses little."""
        made: dict[str, NDArray] = {}
        for at in range(0, len(texts), BATCH):
            batch = texts[at : at + BATCH]
            made |= zip(batch, self._encoder.encode(batch).astype(NUMBERS), strict=True)
            self._keep({text: made[text] for text in batch})
        return made

    def digest(self, text: str) -> str:
        """The key of a text's row."""
        return hashlib.sha256(f"{self._encoder.name}\0{text}".encode()).hexdigest()

    def _keep(self, vectors: dict[str, NDArray]) -> None:
        rows = [
            TextVector(digest=self.digest(text), vector=vector.tobytes()) for text, vector in vectors.items()
        ]
        # In one order, so that two processes that keep the same texts never wait for each other in a circle.
        rows.sort(key=lambda row: row.digest)
        TextVector.objects.bulk_create(rows, ignore_conflicts=True)
