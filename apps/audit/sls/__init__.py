"""Sending the sealed trail to Alibaba Cloud's Simple Log Service."""
