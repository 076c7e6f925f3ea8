"""Finding orders: for staff from the shop itself where it answers, for customers by what only they know."""
