"""What the tests stand on: private servers, isolation between workers, a live desk and a real browser."""
