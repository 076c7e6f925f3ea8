"""The pages of the desk; no models."""
