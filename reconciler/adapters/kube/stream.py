"""The answer to a watch: JSON, a line for each event, for as long as the server keeps it open."""

from __future__ import annotations

import json
from collections.abc import Callable, Iterator
from contextlib import suppress

import urllib3

from reconciler.errors import ClusterError
from reconciler.model.json import JsonMap, as_map

# Bytes. etcd takes objects of 1.5 MB, and can be told to take somewhat larger ones.
_LONGEST_LINE = 16_000_000
_READ = 65536


class Stream:
    """An answer that is still being written. One thread reads it; any may stop it.

    Args:
        explain: turns what the library raises into an error of ours.
    """

    def __init__(
        self,
        answer: urllib3.BaseHTTPResponse,
        explain: Callable[[urllib3.exceptions.HTTPError], ClusterError],
    ) -> None:
        self._answer = answer
        self._explain = explain

    def events(self) -> Iterator[JsonMap]:
        """Each event, until the server ends the answer. Raises ClusterError: it broke, or is none of an API server."""
        try:
            for line in self._lines():
                yield _event(line)
        except urllib3.exceptions.HTTPError as error:
            raise self._explain(error) from error
        finally:
            self._answer.close()

    def stop(self) -> None:
        """End it: a read that waits for the next event returns at once."""
        # The library has no answer to this when the stream has ended meanwhile.
        with suppress(OSError, ValueError, RuntimeError, TypeError):
            self._answer.shutdown()

    def _lines(self) -> Iterator[bytes]:
        rest = bytearray()
        for content in self._answer.stream(_READ):
            rest += content
            if b"\n" in content:
                *lines, rest = rest.split(b"\n")
                yield from filter(None, map(bytes, lines))
            if len(rest) > _LONGEST_LINE:
                raise ClusterError(f"an event of a watch is longer than {_LONGEST_LINE} bytes")
        if rest.strip():
            raise ClusterError("a watch ended within an event")


def _event(line: bytes) -> JsonMap:
    try:
        return as_map(json.loads(line))
    except (ValueError, RecursionError) as error:
        raise ClusterError("an event of a watch is no JSON, or nested too deeply") from error
