"""The embedded control plane: real etcd, API server, controller manager and scheduler; simulated nodes.

sandbox = Sandbox()
state = sandbox.up(progress=print)
...                                  # sandbox.kubeconfig_path
sandbox.down()
"""

from __future__ import annotations

from reconciler.sandbox.audit import AuditLog, AuditRecord, writes
from reconciler.sandbox.sandbox import Condition, ProcessStatus, Sandbox, SandboxStatus, sandbox_names
from reconciler.sandbox.state import SandboxState

__all__ = [
    "AuditLog",
    "AuditRecord",
    "Condition",
    "ProcessStatus",
    "Sandbox",
    "SandboxState",
    "SandboxStatus",
    "sandbox_names",
    "writes",
]
