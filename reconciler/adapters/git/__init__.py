"""Mirrors of git repositories, by the system's `git` program."""
