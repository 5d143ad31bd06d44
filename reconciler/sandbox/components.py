"""The command line of each component."""

from __future__ import annotations

import socket
from contextlib import ExitStack
from typing import TYPE_CHECKING

from reconciler.sandbox.state import Ports

if TYPE_CHECKING:
    from collections.abc import Mapping
    from pathlib import Path

    from reconciler.sandbox.paths import SandboxPaths

HOST = "127.0.0.1"
_PORT_COUNT = 6
_AUDIT_LOG_MEGABYTES = 4096


def free_ports() -> Ports:
    """Ports that nothing listens on now; all are held at once, so they differ."""
    with ExitStack() as stack:
        sockets = [stack.enter_context(socket.socket()) for _ in range(_PORT_COUNT)]
        for each in sockets:
            each.bind((HOST, 0))
        return Ports(*(each.getsockname()[1] for each in sockets))


def commands(programs: Mapping[str, Path], paths: SandboxPaths, ports: Ports) -> dict[str, list[str]]:
    """The command line of each component, by the name of its program."""
    arguments = {
        "etcd": _etcd(paths, ports),
        "kube-apiserver": _api_server(paths, ports),
        "kube-controller-manager": _controller_manager(paths, ports),
        "kube-scheduler": _scheduler(paths, ports),
        "kwok": _kwok(paths, ports),
    }
    return {name: [str(programs[name]), *given] for name, given in arguments.items()}


def _etcd(paths: SandboxPaths, ports: Ports) -> list[str]:
    client, peer = f"http://{HOST}:{ports.etcd}", f"http://{HOST}:{ports.etcd_peer}"
    return [
        "--name=sandbox",
        f"--data-dir={paths.etcd_data}",
        f"--listen-client-urls={client}",
        f"--advertise-client-urls={client}",
        f"--listen-peer-urls={peer}",
        f"--initial-advertise-peer-urls={peer}",
        f"--initial-cluster=sandbox={peer}",
        # The data is thrown away with the sandbox; waiting for the disk would be for nothing.
        "--unsafe-no-fsync",
    ]


def _api_server(paths: SandboxPaths, ports: Ports) -> list[str]:
    return [
        f"--etcd-servers=http://{HOST}:{ports.etcd}",
        f"--bind-address={HOST}",
        f"--advertise-address={HOST}",
        f"--secure-port={ports.api_server}",
        f"--cert-dir={paths.pki}",
        f"--tls-cert-file={paths.serving_cert}",
        f"--tls-private-key-file={paths.serving_key}",
        f"--token-auth-file={paths.tokens}",
        "--anonymous-auth=false",
        "--authorization-mode=Node,RBAC",
        f"--service-account-key-file={paths.service_account_public_key}",
        f"--service-account-signing-key-file={paths.service_account_key}",
        "--service-account-issuer=https://kubernetes.default.svc",
        "--service-cluster-ip-range=10.96.0.0/16",
        "--endpoint-reconciler-type=none",
        "--allow-privileged=true",
        # The simulated nodes answer for logs on this machine; their other addresses lead nowhere.
        "--kubelet-preferred-address-types=ExternalIP",
        f"--audit-policy-file={paths.audit_policy}",
        f"--audit-log-path={paths.audit_log}",
        # Rotation would move what a reader looks at by its offset.
        f"--audit-log-maxsize={_AUDIT_LOG_MEGABYTES}",
        "--max-requests-inflight=2000",
        "--max-mutating-requests-inflight=1000",
        "--profiling=false",
    ]


def _controller_manager(paths: SandboxPaths, ports: Ports) -> list[str]:
    return [
        # A busy machine delays the simulated nodes' heartbeats; no node here ever really dies.
        "--node-monitor-grace-period=24h",
        f"--kubeconfig={paths.component_kubeconfig('kube-controller-manager')}",
        f"--service-account-private-key-file={paths.service_account_key}",
        f"--root-ca-file={paths.ca}",
        "--use-service-account-credentials=true",
        *_client(),
        *_server(paths, ports.controller_manager),
    ]


def _scheduler(paths: SandboxPaths, ports: Ports) -> list[str]:
    own = paths.component_kubeconfig("kube-scheduler")
    return [
        f"--kubeconfig={own}",
        f"--authentication-kubeconfig={own}",
        f"--authorization-kubeconfig={own}",
        *_client(),
        *_server(paths, ports.scheduler),
    ]


def _client() -> list[str]:
    """One of each runs, and nothing else is slowed by what they ask; the defaults suit shared servers."""
    return ["--leader-elect=false", "--kube-api-qps=300", "--kube-api-burst=600", "--profiling=false"]


def _server(paths: SandboxPaths, port: int) -> list[str]:
    return [
        f"--bind-address={HOST}",
        f"--secure-port={port}",
        f"--tls-cert-file={paths.serving_cert}",
        f"--tls-private-key-file={paths.serving_key}",
    ]


def _kwok(paths: SandboxPaths, ports: Ports) -> list[str]:
    return [
        f"--kubeconfig={paths.component_kubeconfig('kwok')}",
        f"--config={paths.stages}",
        "--manage-all-nodes=true",
        # Room for more pods than the 254 of the default.
        "--cidr=10.0.0.1/16",
        f"--server-address={HOST}:{ports.kwok}",
        f"--tls-cert-file={paths.serving_cert}",
        f"--tls-private-key-file={paths.serving_key}",
    ]
