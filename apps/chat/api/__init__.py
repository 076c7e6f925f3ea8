"""REST twins of the chat's sockets."""
