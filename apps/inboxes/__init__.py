"""Configured channels through which customers reach the desk."""
