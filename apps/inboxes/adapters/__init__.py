"""Ways by which customers' words come in, besides the chat."""
