"""The pages of the door. They find, call and render; what counts is in the modules beside them."""
