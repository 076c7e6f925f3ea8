"""Figures of the desk, metrics for machines, alerts for supervisors."""
