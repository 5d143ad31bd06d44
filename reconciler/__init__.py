"""A declarative reconciler for Helm on Kubernetes."""

__version__ = "0.1.0"
