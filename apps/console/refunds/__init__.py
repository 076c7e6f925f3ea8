"""Refunds in the console: the list, a refund's page with its decision, and the dialog that asks for one anywhere."""
