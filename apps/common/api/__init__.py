"""What every REST endpoint of the desk shares."""
