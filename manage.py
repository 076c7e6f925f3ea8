#!/usr/bin/env python
"""Command line of the desk; ``manage.py help`` lists what it can do."""

import os
import sys


def main() -> None:
    """Run one management command, with the development settings unless others are named."""
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "helpdesk.settings.development")
    from django.core.management import execute_from_command_line

    execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
