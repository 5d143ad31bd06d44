"""Container registries, by the OCI distribution protocol."""

from reconciler.adapters.registry.client import INDEX_TYPES, MANIFEST_TYPES, Registry
from reconciler.model.oci import Credentials

__all__ = ["INDEX_TYPES", "MANIFEST_TYPES", "Credentials", "Registry"]
