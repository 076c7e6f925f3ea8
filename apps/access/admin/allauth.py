"""allauth's own pages: what they show is secret, or is managed elsewhere."""

from django.contrib import admin

HIDDEN = {"account", "socialaccount", "mfa"}


def hide() -> None:
    """Take the pages of allauth's tables out of the admin."""
    for model in [model for model in admin.site._registry if model._meta.app_label in HIDDEN]:
        admin.site.unregister(model)
