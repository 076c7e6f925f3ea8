"""The design tokens keep their promise: readable text, in both themes."""

import re
from pathlib import Path

import pytest
from django.conf import settings

SOURCE = (Path(settings.BASE_DIR) / "static" / "css" / "tokens.css").read_text()
LIGHT, BY_SYSTEM, BY_CHOICE = (
    dict(re.findall(r"--([\w-]+):\s*(#[0-9a-f]{6})", block))
    for block in re.findall(r":root[^{]*\{([^}]*#[^}]*)\}", SOURCE)
)
TEXT_PAIRS = [
    *((f"grey-{text}", f"grey-{ground}") for text in (10, 11, 12) for ground in (1, 2, 3)),
    *((f"{signal}-text", f"{signal}-bg") for signal in ("accent", "green", "amber", "red")),
    *((f"{signal}-text", "grey-1") for signal in ("accent", "green", "amber", "red")),
]
SHAPE_PAIRS = [
    ("grey-9", "grey-1"),
    ("green-solid", "grey-1"),
    ("amber-solid", "grey-1"),
    ("red-solid", "grey-1"),
]


def luminance(color):
    channels = [int(color[at : at + 2], 16) / 255 for at in (1, 3, 5)]
    linear = [value / 12.92 if value <= 0.03928 else ((value + 0.055) / 1.055) ** 2.4 for value in channels]
    return 0.2126 * linear[0] + 0.7152 * linear[1] + 0.0722 * linear[2]


def contrast(one, two):
    """WCAG 2.2, 1.4.3: 4.5 for text, 3 for shapes."""
    low, high = sorted([luminance(one), luminance(two)])
    return (high + 0.05) / (low + 0.05)


def themes():
    return {"light": LIGHT, "dark": LIGHT | BY_CHOICE}


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("text", "ground"), TEXT_PAIRS)
def test_text_is_readable(theme, text, ground):
    colors = themes()[theme]

    assert contrast(colors[text], colors[ground]) >= 4.5


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize(("shape", "ground"), SHAPE_PAIRS)
def test_shapes_stand_out(theme, shape, ground):
    colors = themes()[theme]

    assert contrast(colors[shape], colors[ground]) >= 3


@pytest.mark.parametrize("theme", ["light", "dark"])
@pytest.mark.parametrize("fill", ["accent", "accent-hover"])
def test_words_on_the_accent_are_readable(theme, fill):
    colors = themes()[theme]

    assert contrast(colors["on-accent"], colors[fill]) >= 4.5


def test_dark_is_the_same_by_wish_of_the_system_and_by_choice():
    assert BY_SYSTEM == BY_CHOICE
    assert {f"grey-{step}" for step in range(1, 13)} <= BY_CHOICE.keys() <= LIGHT.keys()
