"""Which values look like secrets."""

from __future__ import annotations

from typing import Any

import pytest

from reconciler.importing.sensitive import sensitive
from reconciler.model.compare import show


def found(values: dict[str, Any], *plain: str) -> list[str]:
    """The paths, as they are shown."""
    return [show(path) for path in sensitive(values, plain)]


@pytest.mark.parametrize(
    ("values", "paths"),
    [
        ({"password": "x"}, ["password"]),
        ({"auth": {"adminPassword": "x", "user": "y"}}, ["auth.adminPassword"]),
        ({"API_TOKEN": "x", "api-key": "y", "clientSecret": "z"}, ["API_TOKEN", "api-key", "clientSecret"]),
        ({"redisURLPassword": "x"}, ["redisURLPassword"]),
        ({"secrets": {"db": "x", "name": "y", "nested": {"a": "z"}}}, ["secrets.db", "secrets.nested.a"]),
        ({"users": [{"name": "a", "password": "x"}]}, ["users[0].password"]),
        ({"env": [{"name": "DB_PASSWORD", "value": "x"}, {"name": "HOST", "value": "y"}]}, ["env[0].value"]),
        ({"pin": {"password": 1234}}, ["pin.password"]),
        ({"PGPASSWORD": "x", "dbpassword": "y"}, ["PGPASSWORD", "dbpassword"]),
        (
            {"clientsecret": "x", "rootpw": "y", "AWSSECRETACCESSKEY": "z"},
            ["clientsecret", "rootpw", "AWSSECRETACCESSKEY"],
        ),
        ({"DB_PASSWORD_1": "x", "token2": "y", "adminPasswd1": "z"}, ["DB_PASSWORD_1", "token2", "adminPasswd1"]),
        ({"passwordOld": "x", "apiKeyB": "y", "tokenBase64": "z"}, ["passwordOld", "apiKeyB", "tokenBase64"]),
        ({"SECRET_KEY_BASE": "x"}, ["SECRET_KEY_BASE"]),
        ({"appsecrets": {"db": "x", "name": "y"}}, ["appsecrets.db"]),
        (
            {"env": [{"name": "PGPASSWORD", "value": "x"}, {"key": "TOKEN_2", "value": "y"}]},
            ["env[0].value", "env[1].value"],
        ),
        ({"env": {"DB_PASSWORD": {"value": "x"}, "HOST": {"value": "y"}}}, ["env.DB_PASSWORD.value"]),
        ({"url": "postgres://app:pw@db/x"}, ["url"]),
        ({"pem": "-----BEGIN RSA PRIVATE KEY-----\nx"}, ["pem"]),
        ({"pat": {"github": "ghp_0123456789abcdef"}}, ["pat.github"]),
        ({"header": "Bearer eyJhbGciOiJI.eyJzdWIiOiIx.x"}, ["header"]),
    ],
)
def test_what_looks_like_a_secret(values: dict[str, Any], paths: list[str]) -> None:
    """By its key, by the map that it is in, by the name beside it, or by what it is."""
    assert found(values) == paths


@pytest.mark.parametrize(
    "values",
    [
        {"existingSecret": "elsewhere", "secretName": "x", "passwordSecretRef": {"name": "x", "key": "y"}},
        {"imagePullSecrets": [{"name": "registry"}]},
        {"imagePullSecrets": ["registry"]},
        {"password": "", "token": None, "secret": {"enabled": True, "name": "x", "annotations": {"a": "b"}}},
        {"password": "$(DB_PASSWORD)", "token": "${TOKEN}"},
        {"tokenUrl": "https://id.example.com", "passwordPolicy": "strict", "keys": "a"},
        {"url": "https://example.com:8080/x", "image": "registry.example.com/a:1"},
        {"imagepullsecrets": ["registry"], "imagepullsecret": "registry", "existingsecret": "elsewhere"},
        {
            "maxTokens": 4096,
            "maxtokens": 4096,
            "bypass": "x",
            "cobalt": "x",
            "basalt": "x",
            "format": "x",
            "text2": "x",
        },
        {"passwordSecretName": "x", "tokenPath": "/x", "secretKeyRefName": "x", "DB_HOST_2": "x", "base": "x"},
        {"env": {"DB_PASSWORD": {"valueFrom": {"secretKeyRef": {"name": "x", "key": "y"}}}}},
        {"createSecret": True, "usePassword": "yes", "monkey": "x", "compass": "north"},
    ],
)
def test_what_does_not(values: dict[str, Any]) -> None:
    """Names of secrets that are elsewhere, settings about secrets, and nothing at all."""
    assert found(values) == []


def test_a_pattern_allows_a_value() -> None:
    """By its path as it is shown; brackets are no wildcards."""
    values = {"users": [{"password": "x"}, {"password": "y"}], "a": {"token": "z"}}
    assert found(values, "users[0].password", "a.*") == ["users[1].password"]
    assert found(values, "*") == []
