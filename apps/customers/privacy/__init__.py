"""What the desk holds about people: how long, how they get a copy, and how it goes away."""
