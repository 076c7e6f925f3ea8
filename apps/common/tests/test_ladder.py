import tomllib

import pytest
from django.apps import apps
from django.conf import settings

PROJECT = tomllib.loads((settings.BASE_DIR / "pyproject.toml").read_text())
CONTRACT = PROJECT["tool"]["importlinter"]["contracts"][0]
RUNG = {
    name: height
    for height, layer in enumerate(reversed(CONTRACT["layers"]))
    for name in layer.split(" | ")
}  # fmt: skip
MODELS = [model for model in apps.get_models() if model.__module__.startswith("apps.")]


def test_every_app_stands_on_the_ladder():
    ours = {config.label for config in apps.get_app_configs() if config.name.startswith("apps.")}

    assert ours == set(RUNG)


@pytest.mark.parametrize("model", MODELS, ids=lambda model: model._meta.label)
def test_relations_point_down(model):
    """Import contracts cannot see foreign keys that are named by a string."""
    app = model._meta.app_label
    targets = [
        field.related_model._meta.app_label
        for field in model._meta.get_fields()
        if field.concrete and field.is_relation
    ]

    assert not [
        target for target in targets if target in RUNG and target != app and RUNG[target] >= RUNG[app]
    ]
