"""What the daemon serves by HTTP: the status page with its actions and live updates, webhooks, probes and metrics."""
