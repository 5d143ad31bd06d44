"""Files → desired state."""

from __future__ import annotations

from reconciler.desired.accounts import accounts
from reconciler.desired.check import check
from reconciler.desired.clusters import clusters
from reconciler.desired.guards import policy
from reconciler.desired.lock import lock_path, read_lock, with_pins
from reconciler.desired.needs import Keys, with_needs
from reconciler.desired.overlay import Read, load_layers
from reconciler.desired.places import namespaces, repositories, repository
from reconciler.desired.problems import Problems
from reconciler.desired.releases import ReleaseResolver, wait_of
from reconciler.desired.scope import Scope
from reconciler.desired.secrets import by_key, contents, secrets
from reconciler.desired.sources import Sources
from reconciler.errors import DesiredStateErrors, Location
from reconciler.model.desired import Desired, Repository
from reconciler.model.inputs import Inputs
from reconciler.model.lock import Lock
from reconciler.model.references import AS_READ
from reconciler.model.secret import Mask


def load(path: str, inputs: Inputs) -> Desired:
    """The desired state that an environment file describes, with all its layers and its lock file.

    Raises:
        DesiredStateErrors: every mistake that was found, each with its place.
    """
    problems = Problems()
    desired = _resolve(_scope(path, inputs, problems))
    lock: Lock = {}
    with problems.collecting():
        lock = read_lock(lock_path(path, inputs), inputs)
    problems.raise_all()
    return with_pins(desired, lock)


def load_unlocked(path: str, inputs: Inputs) -> Desired:
    """The same as if there were no lock file, so that one that is broken can be made anew. Raises as `load`."""
    problems = Problems()
    desired = _resolve(_scope(path, inputs, problems))
    problems.raise_all()
    return desired


def load_repository(path: str, name: str, inputs: Inputs) -> Repository:
    """One chart repository of an environment file. Nothing else is resolved, so no other secret is needed.

    Raises:
        DesiredStateErrors: the file is not valid, has no such repository, or its login cannot be read.
    """
    problems = Problems()
    scope = _scope(path, inputs, problems)
    found = None
    with problems.collecting():
        found = repository(scope, name)
    problems.raise_all()
    if found is None:
        raise DesiredStateErrors([])
    return found


def load_text(path: str, text: str, inputs: Inputs) -> Desired:
    """The desired state that a file would describe that is not written yet. Raises as `load`."""
    problems = Problems()
    desired = _resolve(_scope(path, inputs, problems, lambda _name, _where: (path, text)))
    problems.raise_all()
    return desired


def _scope(path: str, inputs: Inputs, problems: Problems, given: Read | None = None) -> Scope:
    root = None
    with problems.collecting():
        root = load_layers(path, given or (lambda name, where: _read(name, where, inputs)))
    checked = check(root, problems) if root else None
    if root is None or checked is None:
        problems.raise_all()
        raise DesiredStateErrors([])
    spec, sound = checked
    return Scope(spec, sound, root, inputs, problems, Sources(inputs), Sources(inputs, AS_READ))


def _read(name: str, where: Location | None, inputs: Inputs) -> tuple[str, str]:
    path = inputs.files.locate(name, where)
    return inputs.files.shown(path), inputs.files.text(path, where)


def _resolve(scope: Scope) -> Desired:
    homes = namespaces(scope)
    repos = repositories(scope)
    data = contents(scope)
    found = secrets(scope, data, homes)
    releases = ReleaseResolver(scope, homes, repos, data).releases()
    desired = Desired(
        name=scope.spec.name,
        root=scope.inputs.files.root,
        clusters=clusters(scope),
        repositories=repos,
        namespaces=homes.managed,
        secrets=found,
        releases=tuple(releases.values()),
        mask=Mask.of(scope.revealed),
        accounts=accounts(scope, homes),
        policy=policy(scope.spec.policy),
        left_alone=homes.left_alone,
        wait=wait_of(scope.spec.defaults.wait),
    )
    keys: Keys = {
        "namespaces": {key: (namespace.id,) for key, namespace in homes.by_key.items()},
        "secrets": by_key(scope, found),
        "releases": {key: (release.id,) for key, release in releases.items()},
    }
    return with_needs(scope, desired, keys)
