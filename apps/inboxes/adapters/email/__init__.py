"""E-mail: read by IMAP, taken apart, freed of quotations and of what could do harm."""
