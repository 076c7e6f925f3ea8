"""Stand-ins for the outside systems that notifications need."""
