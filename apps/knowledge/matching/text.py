"""From a sentence to weighted features: normalising, language, stemming, n-grams. Pure functions."""

import re
import unicodedata
from collections import defaultdict
from functools import lru_cache

from apps.knowledge.matching.concepts import CHINESE_CONCEPTS, ENGLISH_CONCEPTS
from apps.knowledge.matching.lexicon import (
    CHINESE_FORMS,
    CHINESE_STOPS,
    ENGLISH_FORMS,
    ENGLISH_STOPS,
    ENGLISH_SUFFIXES,
)

CHINESE = "zh-hans"
ENGLISH = "en"
MAX_CHARS = 400  # a longer message is a story: its beginning says what it is about, and time stays bounded

_CHINESE = re.compile(r"[\u3400-\u9fff]")
_LATIN = re.compile(r"[a-zà-öø-ÿ]", re.IGNORECASE)
_WORDS = re.compile(r"[\u3400-\u9fff]+|(?:(?![\u3400-\u9fff])[^\W_])+(?:['’](?:(?![\u3400-\u9fff])[^\W_])+)*")
_REPEATED = re.compile(r"([a-z])\1{2,}")
_VOWEL = re.compile(r"[aeiouy]")
# Longest first, so that a part never hides the whole.
_CHINESE_FORM = re.compile("|".join(sorted(CHINESE_FORMS, key=len, reverse=True)))
# Looking ahead, so that overlapping words all count; at one place the longest does.
_CHINESE_CONCEPT = re.compile(f"(?=({'|'.join(sorted(CHINESE_CONCEPTS, key=len, reverse=True))}))")

# Weights of the feature kinds, tuned on open question sets; the first letter of a feature names its kind.
WORD, WORD_PAIR, LETTERS = 1.0, 0.6, 0.5
CHARACTER, CHARACTER_PAIR, CHARACTER_TRIPLE = 1.1, 1.0, 0.3
STOP_WORD, STOP_CHARACTER = 0.7, 0.5
CONCEPT = 1.2
LETTER_NGRAMS = (2, 3, 4)
CHINESE_KINDS = "ucdg"


def detect_language(text: str) -> str | None:
    """``"zh-hans"`` with any Chinese character in it, ``"en"`` with Latin letters, else None."""
    if _CHINESE.search(text):
        return CHINESE
    return ENGLISH if _LATIN.search(text) else None


def normalise(text: str) -> str:
    """Lower case, full width to half width, runs of one letter cut to two ("heeelp" → "heelp")."""
    plain = unicodedata.normalize("NFKC", text[:MAX_CHARS]).lower().replace("’", "'")
    return _REPEATED.sub(r"\1\1", plain)


def features(text: str) -> dict[str, float]:
    """Feature → weight: word stems, word pairs and letter n-grams; characters, pairs and triples in Chinese."""
    found: defaultdict[str, float] = defaultdict(float)
    previous = ""
    for word in _WORDS.findall(normalise(text)):
        if _CHINESE.match(word):
            _add_chinese(found, word)
        else:
            previous = _add_word(found, word, previous)
    # A word said three times is not three times as telling.
    return {name: min(weight, weight**0.5) for name, weight in found.items()}


def _add_chinese(found: dict[str, float], run: str) -> None:
    for match in _CHINESE_CONCEPT.finditer(run):
        for concept in CHINESE_CONCEPTS[match[1]]:
            found["g" + concept] += CONCEPT
    run = _CHINESE_FORM.sub(lambda form: CHINESE_FORMS[form.group()], run)
    for at, character in enumerate(run):
        found["u" + character] += CHARACTER * (STOP_CHARACTER if character in CHINESE_STOPS else 1)
        if at + 1 < len(run):
            found["c" + run[at : at + 2]] += CHARACTER_PAIR
        if at + 2 < len(run):
            found["d" + run[at : at + 3]] += CHARACTER_TRIPLE


def _add_word(found: dict[str, float], word: str, previous: str) -> str:
    word = ENGLISH_FORMS.get(word, word)
    is_stop = word in ENGLISH_STOPS
    root = stem(word)
    found["w" + root] += WORD * (STOP_WORD if is_stop else 1)
    for concept in _concepts(word, root):
        found["k" + concept] += CONCEPT
    if previous:
        found[f"p{previous} {root}"] += WORD_PAIR
    if not is_stop:
        for ngram in _letter_ngrams(word):
            found[ngram] += LETTERS
    return root


@lru_cache(maxsize=20_000)
def _letter_ngrams(word: str) -> tuple[str, ...]:
    """Pieces of one word with its ends marked: what two spellings of it still share."""
    padded = f" {word} "
    return tuple(
        "l" + padded[at : at + size] for size in LETTER_NGRAMS for at in range(len(padded) - size + 1)
    )


@lru_cache(maxsize=20_000)
def stem(word: str) -> str:
    """A light English stem: "returning", "returns" and "returned" → "return"; a long number → "0"."""
    if word.isdigit():
        return word if len(word) <= 4 else "0"  # order numbers differ and mean the same
    if len(word) <= 3 or not word.isascii() or word.endswith(("ss", "us", "is")):
        return word
    for suffix, put in ENGLISH_SUFFIXES:
        root = word.removesuffix(suffix)
        if root != word and len(root) >= 3 and _VOWEL.search(root):
            return _tidy(root + put)
    return _tidy(word)


def _concepts(word: str, root: str) -> tuple[str, ...]:
    return ENGLISH_CONCEPTS.get(word) or _STEM_CONCEPTS.get(root, ())


def _tidy(root: str) -> str:
    """One spelling for "exchang(e)" and "ship(p)": no final e, no double consonant at the end, y as i."""
    if len(root) > 3 and root.endswith("e"):
        root = root[:-1]
    if len(root) > 3 and root[-1] == root[-2] and root[-1] not in "ls":
        root = root[:-1]
    return root[:-1] + "i" if len(root) > 3 and root.endswith("y") else root


_STEM_CONCEPTS = {stem(word): concepts for word, concepts in ENGLISH_CONCEPTS.items()}
