"""Container registries, by the OCI distribution protocol."""

from reconciler.adapters.registry.access import Credentials
from reconciler.adapters.registry.client import INDEX_TYPES, MANIFEST_TYPES, Registry

__all__ = ["INDEX_TYPES", "MANIFEST_TYPES", "Credentials", "Registry"]
