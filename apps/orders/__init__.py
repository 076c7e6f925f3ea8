"""A mirror of the shop's orders, payments and parcels."""
