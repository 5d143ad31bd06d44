"""Which of several daemons acts for an environment, and what people ask of whoever does."""
