"""Images that cannot be pulled: what runtimes and registries say → the cause."""

from __future__ import annotations

import pytest

from reconciler.model.evidence import Contents
from reconciler.model.finding import Cause
from tests.diagnose.scenes import ask, event, evidence, pod, secret, waits

ASKED = 'failed to pull and unpack image "r.example.com/shop/api:1.4.2": failed to resolve reference'
IMAGE = "r.example.com/shop/api:1.4.2"


@pytest.mark.parametrize(
    ("told", "cause", "said"),
    [
        pytest.param(f"{ASKED}: not found", Cause.IMAGE_NOT_FOUND, f"image {IMAGE} does not exist", id="containerd"),
        pytest.param(
            f"manifest for {IMAGE} not found: manifest unknown",
            Cause.TAG_NOT_FOUND,
            "there is no tag 1.4.2 of image r.example.com/shop/api",
            id="a registry that tells the tag",
        ),
        pytest.param(
            "name unknown: repository name not known to registry",
            Cause.IMAGE_REPOSITORY_NOT_FOUND,
            "the registry r.example.com has no repository",
            id="a registry that tells the repository",
        ),
        pytest.param(f"{ASKED}: 401 Unauthorized", Cause.REGISTRY_DENIED, "r.example.com denied the pull", id="401"),
        pytest.param(f"{ASKED}: 403 Forbidden", Cause.REGISTRY_DENIED, "denied", id="403"),
        pytest.param(
            "pull access denied, repository does not exist or may require authorization",
            Cause.REGISTRY_DENIED,
            "denied",
            id="Docker Hub, which does not tell the two",
        ),
        pytest.param("429 Too Many Requests", Cause.REGISTRY_DENIED, "denied", id="too many pulls"),
        pytest.param(
            "dial tcp: lookup r.example.com: no such host", Cause.REGISTRY_UNREACHABLE, "cannot be reached", id="DNS"
        ),
        pytest.param("dial tcp 192.0.2.1:443: i/o timeout", Cause.REGISTRY_UNREACHABLE, "reached", id="timeout"),
        pytest.param("connect: connection refused", Cause.REGISTRY_UNREACHABLE, "reached", id="refused"),
        pytest.param("503 Service Unavailable", Cause.REGISTRY_UNREACHABLE, "reached", id="down"),
        pytest.param("x509: unknown authority", Cause.REGISTRY_UNTRUSTED, "is not trusted by the node", id="TLS"),
        pytest.param(
            "http: server gave HTTP response to HTTPS client", Cause.REGISTRY_UNTRUSTED, "not trusted", id="plain HTTP"
        ),
        pytest.param("the moon is wrong", Cause.PULL_FAILED, "cannot be pulled", id="nobody knows these words"),
    ],
)
@pytest.mark.parametrize("reason", ["ErrImagePull", "ImagePullBackOff"])
def test_the_words_of_a_pull(told: str, cause: Cause, said: str, reason: str) -> None:
    """In both states of a pull that fails."""
    found = ask(evidence(pod(waits(reason, told), image=IMAGE)))
    assert found.cause is cause
    assert said in found.message
    assert told in "\n".join(found.evidence)
    assert IMAGE in found.written


def test_an_older_kubelet_tells_why_in_an_event_alone() -> None:
    """The container only says that it backs off."""
    item = pod(waits("ImagePullBackOff", f'Back-off pulling image "{IMAGE}"'), image=IMAGE)
    told = event("api-1", "Failed", f'Failed to pull image "{IMAGE}": rpc error: 403 Forbidden')
    assert ask(evidence(item, events=[told])).cause is Cause.REGISTRY_DENIED


@pytest.mark.parametrize(
    ("image", "told", "cause"),
    [
        ("r.example.com/certificate-api:1", "{image}: not found", Cause.IMAGE_NOT_FOUND),
        ("r.example.com/api:1.502", "{image}: not found", Cause.IMAGE_NOT_FOUND),
        ("r.example.com/certificate-api:1", 'Head "https://r.example.com/certificate-api": 403', Cause.REGISTRY_DENIED),
        ("certificate-api", "pull access denied for certificate-api", Cause.REGISTRY_DENIED),
        ("certificates.example.com/api:1", "lookup certificates.example.com: no such host", Cause.REGISTRY_UNREACHABLE),
    ],
)
def test_names_of_images_are_no_words_of_registries(image: str, told: str, cause: Cause) -> None:
    """An image may be called anything, and its tag may look like a status."""
    assert ask(evidence(pod(waits("ErrImagePull", told.format(image=image)), image=image))).cause is cause


def test_another_tag_that_runs_proves_that_the_repository_is_there() -> None:
    """So it is the tag that is wrong, though the runtime does not tell."""
    old = pod({"ready": True, "imageID": "sha256:1"}, image="r.example.com/shop/api:1.4.1", name="api-0")
    new = pod(waits("ImagePullBackOff", f"{ASKED}: not found"), image=IMAGE)
    found = ask(evidence(old, new))
    assert found.cause is Cause.TAG_NOT_FOUND
    assert found.written[:2] == (IMAGE, "1.4.2")


def test_an_image_without_a_host_is_of_docker_hub() -> None:
    """And without a tag it is the latest."""
    found = ask(evidence(pod(waits("ErrImagePull", "manifest unknown"), image="redis")))
    assert found.message == "there is no tag latest of image redis"
    denied = ask(evidence(pod(waits("ErrImagePull", "401 Unauthorized"), image="redis")))
    assert "registry docker.io denied" in denied.message


LOGIN = Contents("kubernetes.io/dockerconfigjson", frozenset({".dockerconfigjson"}))


@pytest.mark.parametrize(
    ("held", "told", "cause"),
    [
        pytest.param(None, "401 Unauthorized", Cause.PULL_SECRET_MISSING, id="absent, and denied"),
        pytest.param(None, "not found", Cause.PULL_SECRET_MISSING, id="absent, and hidden from strangers"),
        pytest.param(None, "no such host", Cause.REGISTRY_UNREACHABLE, id="absent, which does not matter"),
        pytest.param(None, "manifest unknown", Cause.TAG_NOT_FOUND, id="absent, and not needed"),
        pytest.param(Contents("Opaque", frozenset({"a"})), "401", Cause.PULL_SECRET_MALFORMED, id="another type"),
        pytest.param(
            Contents("kubernetes.io/dockerconfigjson", frozenset()), "401", Cause.PULL_SECRET_MALFORMED, id="empty"
        ),
        pytest.param(LOGIN, "401 Unauthorized", Cause.REGISTRY_DENIED, id="there, and refused"),
    ],
)
def test_pull_secrets(held: Contents | None, told: str, cause: Cause) -> None:
    """One that is missing or malformed is the cause where a login would have helped."""
    item = pod(waits("ErrImagePull", told), spec={"imagePullSecrets": [{"name": "regcred"}]})
    assert ask(evidence(item, contents={secret("regcred"): held})).cause is cause


def test_a_pull_secret_that_could_not_be_read_is_not_accused() -> None:
    """Without the right to read it, nobody knows."""
    item = pod(waits("ErrImagePull", "401 Unauthorized"), spec={"imagePullSecrets": [{"name": "regcred"}]})
    assert ask(evidence(item)).cause is Cause.REGISTRY_DENIED


@pytest.mark.parametrize(
    ("reason", "image", "cause"),
    [
        ("InvalidImageName", "Shop/API:1", Cause.INVALID_IMAGE),
        ("ErrImageNeverPull", "example.com/app:1", Cause.IMAGE_NOT_FOUND),
        ("ImageInspectError", "example.com/app:1", Cause.PULL_FAILED),
    ],
)
def test_images_that_are_not_even_asked_for(reason: str, image: str, cause: Cause) -> None:
    """A name that is none, and one that must not be pulled."""
    found = ask(evidence(pod(waits(reason), image=image)))
    assert (found.cause, image in found.message) == (cause, True)
