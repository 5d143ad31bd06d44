"""How lines of the log are written: JSON or text, each in one line whatever it quotes, with secrets masked."""

from __future__ import annotations

import json
import logging
from collections.abc import Mapping
from datetime import UTC, datetime
from enum import StrEnum
from typing import TextIO

from reconciler.model.secret import Mask


class LogFormat(StrEnum):
    """For machines, or for people."""

    JSON = "json"
    TEXT = "text"


class LogLevel(StrEnum):
    """From which level on lines are written."""

    DEBUG = "debug"
    INFO = "info"
    WARNING = "warning"
    ERROR = "error"


def log_to(stream: TextIO, layout: LogFormat, level: LogLevel, mask: Mask | None = None) -> None:
    """Write the log of this process there, from now on.

    Libraries tell only what is wrong: at lower levels they would name paths of requests, which may be secrets.
    """
    handler = _Handler(stream)
    handler.setFormatter(_Formatter(layout, mask or Mask()))
    logging.basicConfig(handlers=[handler], level=logging.WARNING, force=True)
    logging.getLogger("reconciler").setLevel(level.value.upper())


class _Handler(logging.StreamHandler[TextIO]):
    def handleError(self, record: logging.LogRecord) -> None:  # noqa: N802 - logging calls it so
        """Nobody reads the stream any more, which must not end a thread."""
        del record


class _Formatter(logging.Formatter):
    def __init__(self, layout: LogFormat, mask: Mask) -> None:
        super().__init__()
        self._layout, self._mask = layout, mask

    def format(self, record: logging.LogRecord) -> str:
        """See logging.Formatter."""
        facts = {key: value for key, value in _facts(record).items() if value not in (None, "", [])}
        time = datetime.fromtimestamp(record.created, UTC).isoformat(timespec="milliseconds").replace("+00:00", "Z")
        level, event = record.levelname.lower(), record.getMessage()
        if self._layout is LogFormat.JSON:
            document = {"time": time, "level": level, "logger": record.name, "event": event, **facts}
            return self._mask.text(json.dumps(document, default=str))
        told = " ".join(f"{key}={_plain(value)}" for key, value in facts.items())
        return self._mask.text(f"{time} {level:7} {_plain(event, quoted=False)} {told}".rstrip())


def _facts(record: logging.LogRecord) -> Mapping[str, object]:
    facts: Mapping[str, object] = getattr(record, "facts", {})
    error = record.exc_info[1] if record.exc_info else None
    return {**facts, "error": _place(error)} if error else facts


def _place(error: BaseException) -> str:
    """Without the error's own text, which may quote anything."""
    frame = error.__traceback__
    while frame is not None and frame.tb_next is not None:
        frame = frame.tb_next
    place = f" at {frame.tb_frame.f_code.co_filename}:{frame.tb_lineno}" if frame else ""
    return f"{type(error).__name__}{place}"


def _plain(value: object, *, quoted: bool = True) -> str:
    """As it is where that is safe, else as JSON, which escapes what could steer a terminal or end the line."""
    text = value if isinstance(value, str) else json.dumps(value, default=str)
    if isinstance(value, str) and quoted and (not text or set(text) & set(' "=\\')):
        return json.dumps(text)
    return text if text.isprintable() else json.dumps(text)
