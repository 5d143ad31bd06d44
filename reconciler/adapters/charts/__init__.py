"""Charts from folders, archives and repositories, read and hashed once."""

from reconciler.adapters.charts.store import ChartStore

__all__ = ["ChartStore"]
