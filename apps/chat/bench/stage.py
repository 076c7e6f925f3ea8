"""Sets the stage in an empty database: ``python -m apps.chat.bench.stage`` reads how much and prints who is there."""

import json
import sys

import django

if __name__ == "__main__":
    django.setup()
    from apps.chat.bench.staging import prepare

    json.dump(prepare(**json.load(sys.stdin)), sys.stdout)
