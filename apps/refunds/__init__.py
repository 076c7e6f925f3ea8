"""Money back to customers: asked for, approved, executed once."""
