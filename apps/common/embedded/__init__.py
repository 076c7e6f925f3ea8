"""Real PostgreSQL and Valkey from wheels, for machines without their own servers. No Django in here."""
