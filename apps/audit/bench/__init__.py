"""What the trail costs a write, and how fast it is sealed and verified."""
