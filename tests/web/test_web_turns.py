"""Quick answers are taken a few at a time; everything else goes on beside them."""

import threading
from collections.abc import Callable, Iterable
from typing import Any

from traceability.web.turns import in_turns


def test_no_more_than_so_many_at_once() -> None:
    inside, most, lock, waiting = [0], [0], threading.Lock(), threading.Barrier(2)

    def application(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        with lock:
            inside[0] += 1
            most[0] = max(most[0], inside[0])
        if environ["PATH_INFO"] == "/other":
            waiting.wait(10)  # passes only if two are inside at once
        with lock:
            inside[0] -= 1
        return []

    taken = in_turns(application, ("/quick",), 1)

    def ask(path: str, count: int) -> None:
        threads = [
            threading.Thread(target=taken, args=({"PATH_INFO": path}, lambda *_: None)) for _ in range(count)
        ]
        for thread in threads:
            thread.start()
        for thread in threads:
            thread.join()

    ask("/quick", 20)
    assert most == [1]
    ask("/other", 2)
    assert most == [2]


def test_a_failure_gives_its_turn_back() -> None:
    def failing(environ: dict[str, Any], start: Callable[..., Any]) -> Iterable[bytes]:
        raise RuntimeError("no")

    taken = in_turns(failing, ("/quick",), 1)
    for _ in range(3):
        try:
            taken({"PATH_INFO": "/quick"}, lambda *_: None)
        except RuntimeError:
            continue
