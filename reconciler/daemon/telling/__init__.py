"""Everybody who is told what happens: log, metrics, traces, Events, people. They take no part."""
