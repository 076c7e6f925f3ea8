"""Signing in: passwords, second factors, the company's own sign-in, and what ends a session."""
