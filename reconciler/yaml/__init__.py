"""YAML read the way Helm reads it, within bounds that hostile text cannot exceed."""
