"""A Kubernetes API server, over one pool of connections."""
