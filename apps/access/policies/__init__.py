"""Policies in RAM's grammar: documents, their conditions, and the one decision over them."""
