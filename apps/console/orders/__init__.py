"""Orders and articles in the console: the card beside a chat, the order page, the picker of cards to send."""
