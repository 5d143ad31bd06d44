"""`make soak`: the daemon at work for a while, among people who commit, push by force, and change things by hand."""
