"""Stand-ins for the outside systems of refunds: programs of their own, without Django."""
