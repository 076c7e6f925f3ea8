"""Foundations shared by every app; no models."""
