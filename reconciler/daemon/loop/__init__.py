"""One environment in a thread of its own: what to do now, a run, and how it stands after it."""
