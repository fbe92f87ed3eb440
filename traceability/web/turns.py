"""A few at a time: quick answers that only reckon come sooner when fewer threads reckon them at once.

Sixty-four threads let many submissions share one commit. Where every request wants the interpreter instead,
they take it from each other, and the slowest of them wait longest (docs/verdicts.md has the figures).
"""

import threading
from collections.abc import Callable, Iterable
from typing import Any

Wsgi = Callable[[dict[str, Any], Callable[..., Any]], Iterable[bytes]]

PATHS = ("/pharmacy/verdict", "/scan/code")
AT_ONCE = 4


def in_turns(application: Wsgi, paths: tuple[str, ...] = PATHS, at_once: int = AT_ONCE) -> Wsgi:
    """The application, its quick answers taken `at_once` at a time; everything else as before."""
    turns = threading.BoundedSemaphore(at_once)

    def answer(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        if environ.get("PATH_INFO") not in paths:
            return application(environ, start)
        with turns:
            return application(environ, start)

    return answer
