"""Chart repositories: over HTTP with an index, and in OCI registries."""

from reconciler.adapters.repositories.opening import Repositories
from reconciler.adapters.repositories.place import place_of, registry_place

__all__ = ["Repositories", "place_of", "registry_place"]
