"""Handoffs over HTTP: a real server process, 32 clients, one statement a request, one receipt an answer."""

import http.client
import os
import subprocess
import sys
import tempfile
import threading
import time
from collections.abc import Iterator
from contextlib import contextmanager
from pathlib import Path
from socket import create_server

from benchmarks.world import DISTRIBUTOR, MAKER, World, epc, found

CLIENTS = 32
HEADERS = {"Content-Type": "application/json"}


def handoffs_over_http(packs: int, workers: int) -> dict[str, float]:
    """Statements a second, each acknowledged with its receipt."""
    with tempfile.TemporaryDirectory() as folder:
        world = found(Path(folder))
        world.admit(world.commission(0, packs))
        stations = world.operators(MAKER, CLIENTS)
        queues = [
            [world.ship([epc(n)], MAKER, DISTRIBUTOR, station) for n in range(first, packs, CLIENTS)]
            for first, station in enumerate(stations)
        ]
        world.store.close()
        with serving(world, workers) as port:
            took = _race(port, queues)
    return {"http_handoffs_per_s": packs / took}


@contextmanager
def serving(world: World, workers: int) -> Iterator[int]:
    """A real server process over a world; gives its port."""
    with create_server(("127.0.0.1", 0)) as free:
        port = int(free.getsockname()[1])
    environ = {
        **os.environ,
        "TRACEABILITY_DATA": str(world.settings.data),
        "TRACEABILITY_PORT": str(port),
        "TRACEABILITY_WORKERS": str(workers),
    }
    command = [sys.executable, "-m", "traceability", "serve"]
    process = subprocess.Popen(command, env=environ, stdout=subprocess.DEVNULL)
    try:
        _wait(port, process)
        yield port
    finally:
        process.terminate()
        process.wait()


def _wait(port: int, process: "subprocess.Popen[bytes]") -> None:
    for _ in range(300):
        if process.poll() is not None:
            raise RuntimeError("the server ended")
        try:
            client = http.client.HTTPConnection("127.0.0.1", port, timeout=5)
            client.request("GET", "/checkpoint")
            client.getresponse().read()
        except ConnectionError:
            time.sleep(0.1)
        else:
            return
    raise RuntimeError("the server does not answer")


def _race(port: int, queues: list[list[bytes]]) -> float:
    failures: list[object] = []
    start = threading.Barrier(len(queues) + 1)

    def send(queue: list[bytes]) -> None:
        client = http.client.HTTPConnection("127.0.0.1", port, timeout=60)
        start.wait()
        for raw in queue:
            client.request("POST", "/api/statements", raw, HEADERS)
            answer = client.getresponse()
            text = answer.read()
            if answer.status not in (200, 201):
                failures.append((answer.status, text))
                return

    threads = [threading.Thread(target=send, args=(queue,)) for queue in queues]
    for thread in threads:
        thread.start()
    start.wait()
    began = time.perf_counter()
    for thread in threads:
        thread.join()
    if failures:
        raise RuntimeError(failures[0])
    return time.perf_counter() - began
