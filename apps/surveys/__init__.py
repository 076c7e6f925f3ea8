"""One rating for each closed chat."""
