"""Tickets in the console: the list with its views, a ticket's page, and the dialogs that open anywhere."""
