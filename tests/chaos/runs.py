"""Runs of the installed command through the proxy, each a process that can be killed."""

from __future__ import annotations

from collections.abc import Callable, Mapping, Sequence
from dataclasses import dataclass
from pathlib import Path

from tests.chaos import child
from tests.chaos.proxy import Strike, Upstream, run_proxy
from tests.chaos.requests import Asked
from tests.forks.process import Forked, environment

# Seconds. A run that takes longer hangs: no fault here lasts, and no release waits for more than a hook.
_PATIENCE = 120.0


@dataclass(frozen=True)
class Ran:
    """A run that has ended.

    Attributes:
        code: its exit code; negative: the signal that ended it.
        text: everything that it printed.
        asked: what it asked the API server for.
        struck: the request that a fault befell.
    """

    code: int
    text: str
    asked: tuple[Asked, ...]
    struck: Asked | None

    @property
    def writes(self) -> tuple[Asked, ...]:
        """What it asked to be stored."""
        return tuple(asked for asked in self.asked if asked.is_write)


@dataclass(frozen=True)
class Client:
    """Whoever runs `reconcile` in a folder; the kubeconfig there is `kubeconfig`, and leads through a proxy."""

    upstream: Upstream
    folder: Path

    def run(
        self,
        arguments: Sequence[str],
        environ: Mapping[str, str],
        strike: Strike | None = None,
        meanwhile: Callable[[], None] | None = None,
    ) -> Ran:
        """Run a command through a proxy that strikes as it is told; at a fault MEANWHILE, something else is done."""
        output = self.folder / "output"
        output.write_text("")
        process = Forked(child.main, arguments, self.folder, environment(environ), output)

        def kill() -> None:
            process.kill()
            process.wait()

        with run_proxy(self.upstream, self.folder, strike, meanwhile or kill) as proxy:
            (self.folder / "kubeconfig").write_text(proxy.kubeconfig)
            process.start()
            code = process.end(_PATIENCE)
            return Ran(code, output.read_text(), tuple(proxy.seen), proxy.struck)
