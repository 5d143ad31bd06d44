"""Which repository a chart is in, and what it is called there."""

from __future__ import annotations

from typing import TYPE_CHECKING

from reconciler.errors import ChartError
from reconciler.model.desired import Repository

if TYPE_CHECKING:
    from reconciler.model.desired import ChartRef

OCI = "oci://"


def place_of(ref: ChartRef) -> tuple[Repository, str]:
    """The repository of a remote chart, and the chart's name in it.

    Raises:
        ChartError: the reference names no repository to look in.
    """
    remote, repository = ref.remote or "", ref.repository
    if remote.startswith(OCI):
        return registry_place(remote, repository)
    if repository is None:
        raise ChartError(
            f"cannot download chart {ref}: it names no repository",
            where=ref.where,
            hint="write `repository/name`, with the repository listed under `repositories`, or an oci:// URL",
        )
    return repository, remote


def registry_place(url: str, login: Repository | None = None) -> tuple[Repository, str]:
    """The place of a chart by its full URL, with the login of the repository whose address it begins with.

    Raises:
        ChartError: the URL names no chart.
    """
    host, _, path = url.removeprefix(OCI).partition("/")
    if not host or not path.strip("/"):
        raise ChartError(f"{url} names no chart", hint="write oci://HOST/PATH/NAME")
    if login is not None and url.startswith(f"{login.url}/"):
        return login, url.removeprefix(f"{login.url}/")
    return Repository(host, f"{OCI}{host}", None, None, None, plain_http=False), path
