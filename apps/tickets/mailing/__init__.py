"""Tickets by e-mail: what comes in finds its ticket, what goes out can be answered."""
