"""Where files come from: the repository, and webhooks that tell of a push."""
