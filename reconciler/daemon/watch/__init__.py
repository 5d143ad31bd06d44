"""What the clusters are expected to hold, and who is told when somebody else changes it."""
