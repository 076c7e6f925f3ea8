"""What ``manage.py bench_chat`` is made of: the desk, a bare relay and the database's own floor, measured in turn.

``run`` starts servers of its own and orders the rounds; ``generator``, ``floor`` and ``stage`` are processes.
"""
