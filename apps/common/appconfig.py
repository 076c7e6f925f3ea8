from importlib import import_module

from django.apps import AppConfig
from django.utils.module_loading import module_has_submodule

# Imported at start: actions are registered, events have their subscribers, personal data their rules.
STARTUP_MODULES = ("permissions", "handlers", "privacy")


class DeskAppConfig(AppConfig):
    """An app of the desk: imports its ``permissions`` and ``handlers`` once the models are loaded."""

    default_auto_field = "django.db.models.BigAutoField"
    default = False  # imported into each ``apps.py``, it would hide the one config that is meant there

    def __init_subclass__(cls, **kwargs) -> None:
        super().__init_subclass__(**kwargs)
        cls.default = True

    def ready(self) -> None:
        for module in STARTUP_MODULES:
            if module_has_submodule(self.module, module):
                import_module(f"{self.name}.{module}")
