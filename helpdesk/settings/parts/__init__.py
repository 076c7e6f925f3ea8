"""Groups of settings by subject, gathered by ``helpdesk.settings.base``."""
