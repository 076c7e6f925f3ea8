"""The knowledge base over REST."""
