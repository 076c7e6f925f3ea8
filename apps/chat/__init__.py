"""One bounded live exchange of a customer with the desk."""
