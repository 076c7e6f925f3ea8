"""What the desk tells customers by itself: an outbox, its templates, and the channels."""
