"""The demo: a small shop, its people, its knowledge and a few finished chats."""
