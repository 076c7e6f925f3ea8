"""Answers what it can, hands the rest to a human."""
