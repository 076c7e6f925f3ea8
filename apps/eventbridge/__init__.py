"""Signed events from outside: verified, stored once, processed by a worker."""
