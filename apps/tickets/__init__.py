"""Work that outlives a chat, with its clocks."""
