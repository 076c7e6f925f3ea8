"""What the desk knows: FAQs and canned replies."""
