"""HTTP to servers that are not trusted: chart repositories and container registries."""

from reconciler.adapters.http.body import Body, Form
from reconciler.adapters.http.client import HttpClient
from reconciler.adapters.http.failures import other_content, refusal
from reconciler.adapters.http.messages import Answer, Request
from reconciler.adapters.http.origin import Login, Origin, joined, shown
from reconciler.adapters.http.retries import Patience, retry_after

__all__ = [
    "Answer",
    "Body",
    "Form",
    "HttpClient",
    "Login",
    "Origin",
    "Patience",
    "Request",
    "joined",
    "other_content",
    "refusal",
    "retry_after",
    "shown",
]
