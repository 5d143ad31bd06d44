"""What keeps clusters at what a git branch says, unattended: triggers, their timing, and the loop."""
