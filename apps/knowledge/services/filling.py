from apps.knowledge.live_index import current_encoder, load_entries, load_sop_entries
from apps.knowledge.models import KnowledgeStamp, TextVector
from apps.knowledge.services.faqs import move_stamp
from apps.knowledge.vectors import KeptVectors

SPARE = 5_000  # vectors of texts that are gone, kept for when they come back


def fill_vectors() -> int:
    """Make the vectors that the indexes miss and tell every process; returns how many. Nothing without an encoder."""
    encoder = current_encoder()
    if encoder is None:
        return 0
    kept = KeptVectors(encoder)
    wanted = _texts()
    found = kept.load(wanted)
    made = kept.make([text for text in wanted if text not in found])
    if made:
        move_stamp(KnowledgeStamp.FAQS)
        move_stamp(KnowledgeStamp.SOPS)
    _forget(kept, wanted)
    return len(made)


def _texts() -> list[str]:
    """Every text that an index may ask for, once."""
    entries = load_entries() + load_sop_entries()
    texts = (text for entry in entries for text in (*entry.texts, entry.answer))
    return list(dict.fromkeys(text for text in texts if text.strip()))


def _forget(kept: KeptVectors, wanted: list[str]) -> None:
    if TextVector.objects.count() > len(wanted) + SPARE:
        TextVector.objects.exclude(digest__in=[kept.digest(text) for text in wanted]).delete()
