"""Who gets which work: hours, queues, seats, offers."""
