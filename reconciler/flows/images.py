"""The images of one cluster: who pulls what with which login, what the registries say, and what follows from it."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from functools import partial

from reconciler.flows.site import Site
from reconciler.model.attachment import ACCOUNT, attached
from reconciler.model.identity import Kind, ObjectId
from reconciler.model.json import JsonMap
from reconciler.model.manifest import as_stored
from reconciler.model.preflight import Check
from reconciler.model.surroundings import Unread
from reconciler.observe.registries import ask_registries
from reconciler.observe.surroundings import attempt, fetch_all
from reconciler.preflight.images import image_check, secret_checks
from reconciler.preflight.pulling import Live, image_uses, own_secrets, secrets_of, wallet
from reconciler.preflight.pulls import Pull, pulls
from reconciler.preflight.registries import registry_checks

_NODE = Kind("v1", "Node")


def images(site: Site) -> Iterator[Check]:
    """Whether each image is there, for the nodes' platforms, and can be pulled with the pull secrets of its pods."""
    found = _pulls(site)
    if not found:
        return
    answers = ask_registries(site.tools.registries, (question for pull in found for question in pull.questions()))
    releases = {release.id: release for release in site.desired.releases}
    nodes = attempt(lambda: site.prober.listed(site.resources[_NODE], ""))
    yield from registry_checks(answers, site.access.name)
    yield from secret_checks(found, releases)
    for pull in found:
        yield image_check(pull, releases[pull.release], answers, nodes)


def _pulls(site: Site) -> list[Pull]:
    uses = list(image_uses(site.objects))
    own = {item.id: as_stored(item.item) for item in site.objects} | dict(own_secrets(site.desired.secrets))
    read = partial(_known, site, own)
    accounts = _attached(site, read({use.account for use in uses}))
    secrets = read({secret for use in uses for secret in secrets_of(use, accounts)})
    return pulls((use, wallet(use, accounts, secrets)) for use in uses)


def _attached(
    site: Site, accounts: Mapping[ObjectId, JsonMap | Unread | None]
) -> Mapping[ObjectId, JsonMap | Unread | None]:
    """Accounts as they will be, once the environment has attached its pull secrets."""
    found = dict(accounts)
    for wanted in site.desired.accounts:
        home, name = wanted.id.namespace, wanted.id.name
        key = ObjectId(ACCOUNT, home, name)
        live = accounts.get(key)
        if key in accounts and not isinstance(live, Unread):
            found[key] = attached(live or {}, home, name, site.desired.name, wanted.secrets)
    return found


def _known(site: Site, own: Mapping[ObjectId, JsonMap], wanted: set[ObjectId]) -> Live:
    """Objects as they will be: those of the environment as it makes them, the others as they are."""
    live = fetch_all(site.reader, site.resources, sorted(wanted - own.keys()))
    return {**live, **{identity: own[identity] for identity in wanted & own.keys()}}
