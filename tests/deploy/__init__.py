"""Tests of what runs the daemon in Kubernetes: the chart and the image."""
