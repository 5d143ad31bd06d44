"""Images that cannot be pulled: the words are those of containerd, dockerd and registries."""

from __future__ import annotations

import re

from reconciler.diagnose.scene import Answer, Scene, state_lines
from reconciler.model.finding import Cause
from reconciler.model.identity import ObjectId
from reconciler.model.image import ImageRef
from reconciler.model.json import JsonMap, maps_at, text_at
from reconciler.model.manifest import id_of
from reconciler.model.pods import SECRET, Container, references

_PULLING = frozenset({"ErrImagePull", "ImagePullBackOff", "ImageInspectError", "RegistryUnavailable"})
_NO_SECRET = "FailedToRetrieveImagePullSecret"  # noqa: S105 - an event
_SECRET_TYPES = {
    "kubernetes.io/dockerconfigjson": ".dockerconfigjson",
    "kubernetes.io/dockercfg": ".dockercfg",
}

# The first that fits: what registries say by name, then why none was reached, then what may mean several things.
_CAUSES = tuple(
    (cause, re.compile(pattern, re.IGNORECASE))
    for cause, pattern in (
        (Cause.TAG_NOT_FOUND, r"manifest unknown|manifest for \S+ not found"),
        (Cause.IMAGE_REPOSITORY_NOT_FOUND, r"name unknown|repository name not known|repository \S+ not found"),
        (Cause.REGISTRY_UNTRUSTED, r"x509|certificate|HTTP response to HTTPS client"),
        (
            Cause.REGISTRY_UNREACHABLE,
            (
                r"no such host|i/o timeout|connection (refused|reset)|no route to host|unreachable|handshake timeout|"
                r"server misbehaving|deadline exceeded|\b50[0234]\b"
            ),
        ),
        (Cause.REGISTRY_DENIED, r"unauthorized|\b40[13]\b|denied|insufficient_scope|authentication required|\b429\b"),
        (Cause.IMAGE_NOT_FOUND, "not found"),
    )
)
_SAID = {
    Cause.TAG_NOT_FOUND: ("there is no tag {tag} of image {name}", "correct the tag, or push it"),
    Cause.IMAGE_REPOSITORY_NOT_FOUND: (
        "the registry {host} has no repository for image {name}",
        "correct the image's name, or push it",
    ),
    Cause.REGISTRY_UNTRUSTED: (
        "the certificate of registry {host} is not trusted by the node",
        "add the registry's authority to the nodes' container runtime, or use a registry with a public certificate",
    ),
    Cause.REGISTRY_UNREACHABLE: (
        "registry {host} cannot be reached from the node",
        "check the registry's name in the image, and the nodes' DNS, proxy and firewall",
    ),
    Cause.REGISTRY_DENIED: (
        "registry {host} denied the pull of image {image}",
        (
            "name a pull secret with the right to pull (`pullSecrets` of the namespace, `imagePullSecrets` of the "
            "chart), and check that the image exists"
        ),
    ),
    Cause.IMAGE_NOT_FOUND: ("image {image} does not exist", "correct the image's name or tag, or push it"),
    Cause.PULL_FAILED: ("image {image} cannot be pulled", "`kubectl describe pod` tells more"),
}


def unpullable(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The image cannot be pulled."""
    if text_at(container.waiting, "reason") not in _PULLING:
        return None
    said = _nameless("; ".join((text_at(container.waiting, "message"), *scene.events(pod, "Failed"))), container.image)
    cause = next((cause for cause, pattern in _CAUSES if pattern.search(said)), Cause.PULL_FAILED)
    answer = _pull_secret(scene, pod, container) if cause in _NEED_LOGIN else None
    return answer or _answer(_refined(cause, scene, container), scene, pod, container)


def _nameless(said: str, image: str) -> str:
    """What was said, without names: `certificate-api:1.502` tells of no certificate, and of no status."""
    ref = _parsed(image)
    names = (image, ref.name, ref.repository, ref.registry) if ref else (image,)
    said = re.sub(r"https?://[^\s\"]+", "url", said)
    for name in names:
        said = re.sub(rf"(?<![\w./-]){re.escape(name)}(?![\w/-])", "image", said)
    return said


# A registry that was asked without a login denies what is there, or says that it is not.
_NEED_LOGIN = (Cause.REGISTRY_DENIED, Cause.IMAGE_NOT_FOUND, Cause.IMAGE_REPOSITORY_NOT_FOUND, Cause.PULL_FAILED)


def invalid_name(_scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The image's name is no name of an image."""
    if text_at(container.waiting, "reason") != "InvalidImageName":
        return None
    message = f'"{container.image}" is no valid name of an image'
    hint = "write it as registry/repository:tag, in small letters"
    return Answer(Cause.INVALID_IMAGE, id_of(pod), message, state_lines(container), hint, _written(container.image))


def never_pulled(_scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """The image is not on the node, and must not be pulled."""
    if text_at(container.waiting, "reason") != "ErrImageNeverPull":
        return None
    message = f"image {container.image} is not on the node, and `imagePullPolicy: Never` forbids to pull it"
    hint = "set imagePullPolicy to IfNotPresent, or load the image on the nodes"
    return Answer(Cause.IMAGE_NOT_FOUND, id_of(pod), message, state_lines(container), hint, _written(container.image))


def _refined(cause: Cause, scene: Scene, container: Container) -> Cause:
    """That another tag of the same image runs proves that the repository is there."""
    ref = _parsed(container.image)
    if cause is Cause.IMAGE_NOT_FOUND and ref and not ref.digest and _runs(scene, ref):
        return Cause.TAG_NOT_FOUND
    return cause


def _runs(scene: Scene, ref: ImageRef) -> bool:
    """Whether an image of the same repository was pulled somewhere near."""
    pulled = (
        status
        for item in scene.evidence.objects
        for status in maps_at(item, "status", "containerStatuses")
        if text_at(status, "imageID") or status.get("ready") is True
    )
    found = (_parsed(text_at(status, "image")) for status in pulled)
    return any(each.name == ref.name for each in found if each)


def _answer(cause: Cause, scene: Scene, pod: JsonMap, container: Container) -> Answer:
    message, hint = _SAID[cause]
    image, ref = container.image, _parsed(container.image)
    words = {"image": image, "name": image, "tag": "", "host": "of the image"}
    if ref:
        words |= {"name": _without_tag(image, ref), "tag": ref.tag, "host": ref.registry}
    evidence = (*state_lines(container), *_event_lines(scene, pod))
    written = _written(image)
    if cause is Cause.TAG_NOT_FOUND:
        written = (image, words["tag"], words["name"])
    return Answer(cause, id_of(pod), message.format(**words), evidence, hint, written)


def _event_lines(scene: Scene, pod: JsonMap) -> tuple[str, ...]:
    return tuple(f"event {_NO_SECRET}: {said}" for said in scene.events(pod, _NO_SECRET))


def _pull_secret(scene: Scene, pod: JsonMap, container: Container) -> Answer | None:
    """A pull secret that does not exist, or holds no login, where the registry did not give the image."""
    for needed in references(pod):
        identity = ObjectId(SECRET, needed.namespace, needed.name)
        if not needed.is_pull_secret or identity not in scene.evidence.contents:
            continue
        found = scene.evidence.contents[identity]
        lines = (*state_lines(container), *_event_lines(scene, pod))
        if found is None:
            message = f"pull secret {needed.name} of {id_of(pod)} does not exist"
            hint = f"let the environment make it: `pullSecrets: [{needed.name}]` of namespace {needed.namespace}"
            return Answer(Cause.PULL_SECRET_MISSING, identity, message, lines, hint, (needed.name,))
        if _SECRET_TYPES.get(found.type) not in found.keys:
            message = f"pull secret {needed.name} holds no registry login: its type is {found.type or 'not set'}"
            hint = "make it of type dockerconfigjson: `secrets:` of the environment, with `registries:`"
            return Answer(Cause.PULL_SECRET_MALFORMED, identity, message, lines, hint, (needed.name,))
    return None


def _written(image: str) -> tuple[str, ...]:
    """How values may hold an image: whole, or its parts apart."""
    ref = _parsed(image)
    if ref is None:
        return (image,)
    name = _without_tag(image, ref)
    return (image, name, name.partition("/")[2], ref.tag)


def _without_tag(image: str, ref: ImageRef) -> str:
    """The name as it is written, hosts that go without saying left out."""
    return image.partition("@")[0].removesuffix(f":{ref.tag}")


def _parsed(image: str) -> ImageRef | None:
    try:
        return ImageRef.parse(image)
    except ValueError:
        return None
