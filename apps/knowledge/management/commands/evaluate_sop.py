import json
import time
from pathlib import Path

from django.core.management.base import BaseCommand, CommandError

from apps.knowledge import evaluation
from apps.knowledge.matching.encoder import sentence_encoder
from apps.knowledge.matching.hybrid import HybridMatcher


class Command(BaseCommand):
    """Measure the matcher on a knowledge base and questions in files; see ``apps.knowledge.evaluation``."""

    help = "Measure how well the matcher finds the right FAQ. Shares are 0 to 1, times in ms."
    requires_system_checks = []

    def add_arguments(self, parser):
        parser.add_argument(
            "--kb", required=True, type=Path, help="JSON Lines: id, question, similar, answer, lang"
        )
        parser.add_argument(
            "--queries", required=True, type=Path, help="JSON Lines: qid, text, faq_id, also_ok"
        )
        parser.add_argument(
            "--threshold", type=float, default=0.9, help="answer alone from this confidence on"
        )
        parser.add_argument("--words-only", action="store_true", help="leave the sentence encoder out")
        parser.add_argument("--predictions", type=Path, help="write one JSON line per query there")
        parser.add_argument("--json", action="store_true", help="one JSON object on standard output")

    def handle(self, *args, kb, queries, threshold, predictions, **options):
        for path in (kb, queries):
            if not path.is_file():
                raise CommandError(f"{path} is not a file.", returncode=2)
        entries, asked = _read(evaluation.read_entries, kb), _read(evaluation.read_queries, queries)
        started = time.perf_counter()
        encoder = None if options["words_only"] else sentence_encoder()
        matcher = HybridMatcher(entries, encoder=encoder)
        index_s = round(time.perf_counter() - started, 3)
        outcomes = evaluation.run(matcher, asked)
        found = {"entries": len(entries), **evaluation.figures(outcomes, threshold=threshold)}
        found |= {"index_s": index_s, "rss_mb": evaluation.rss_mb()}
        found["encoder"] = encoder.name if encoder else None
        if predictions:
            lines = (json.dumps(evaluation.prediction(outcome), ensure_ascii=False) for outcome in outcomes)
            predictions.write_text("".join(f"{line}\n" for line in lines), encoding="utf-8")
        self.stdout.write(json.dumps(found) if options["json"] else _table(found))


def _read(reader, path):
    """What ``reader`` finds in the file. Raises ``CommandError`` (2) where a line is not what it should be."""
    try:
        return reader(path)
    except (ValueError, KeyError, TypeError, AttributeError) as error:
        raise CommandError(f"{path}: {type(error).__name__}: {error}", returncode=2) from error


def _table(found):
    return "\n".join(f"{name:<24} {value}" for name, value in found.items())
