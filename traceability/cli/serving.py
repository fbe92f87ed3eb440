"""`serve` answers browsers; `demo` tells the whole story without one."""

import logging
import signal
import socket
import sys
from contextlib import ExitStack, closing
from dataclasses import replace
from datetime import UTC, datetime
from pathlib import Path

import click

from traceability.cli.options import command, data_option
from traceability.cli.output import Output
from traceability.demo import cast, folder
from traceability.settings import Settings

CONNECTIONS = 1000  # slow clients must not keep the others out


class ServingError(ValueError):
    """A server that cannot start as it was asked to."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values


@command
@data_option
@click.option("--host", help="Address to listen on.  [default: TRACEABILITY_HOST or 127.0.0.1]")
@click.option("--port", type=click.IntRange(0, 65535), help="Port; 0 takes a free one.  [default: 8000]")
@click.option("--demo", is_flag=True, help="Make the demo supply chain first, if it is not there yet.")
def serve_command(out: Output, *, settings: Settings, host: str | None, port: int | None, demo: bool) -> None:
    """Serve the log in the data folder: on this machine only, unless told otherwise."""
    settings = replace(
        settings,
        host=host or settings.host,
        port=settings.port if port is None else port,
        demo=demo or settings.demo or folder.is_demo(settings.data),
    )
    serve(out, settings)


def serve(out: Output, settings: Settings) -> None:
    """Listen and answer until stopped."""
    import waitress

    import app
    from traceability import web

    if settings.demo:
        _prepare_demo(out, settings, on_loopback=web.security.is_loopback(settings.host))
    with ExitStack() as stack:
        listening = stack.enter_context(closing(_listen(settings)))
        settings = replace(settings, port=listening.getsockname()[1])
        flask = app.build(stack.enter_context(app.open_parts(settings)))
        logging.basicConfig(level=logging.INFO, format="%(asctime)s %(levelname)s %(message)s")
        logging.getLogger("waitress.queue").setLevel(logging.ERROR)
        server = waitress.create_server(
            flask,
            sockets=[listening],
            threads=settings.threads,
            connection_limit=CONNECTIONS,
            ident=None,
            max_request_body_size=web.security.LARGEST_REQUEST,
        )
        # waitress stops on SystemExit as on Ctrl-C: requests end, and the sequencer finishes its batch.
        signal.signal(signal.SIGTERM, lambda *_: sys.exit(0))
        _announce(out, settings, settings.port)
        with web.Courier(flask), web.Nightly(flask):
            server.run()
            server.close()
        out.aside("Stopped.")


def _prepare_demo(out: Output, settings: Settings, *, on_loopback: bool) -> None:
    if not on_loopback:
        raise ServingError(
            "The demo has published keys and passwords, so it is served on this machine only. Listen on "
            "127.0.0.1, or found a log of your own with `traceability init`."
        )
    if not folder.is_demo(settings.data):
        out.aside("Making the demo supply chain: signing a fortnight of handovers …")
    folder.prepare(settings, datetime.now(UTC))


def _listen(settings: Settings) -> socket.socket:
    """A listening socket, taken before anything is opened: a port in use costs nothing."""
    family = socket.AF_INET6 if ":" in settings.host else socket.AF_INET
    listening = socket.socket(family, socket.SOCK_STREAM)
    listening.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
    try:
        listening.bind((settings.host.strip("[]"), settings.port))
    except OSError as error:
        listening.close()
        raise ServingError(
            "Cannot listen on %(host)s port %(port)s: %(reason)s. Choose another with --port.",
            host=settings.host,
            port=settings.port,
            reason=error.strerror or error,
        ) from error
    return listening


def _announce(out: Output, settings: Settings, port: int) -> None:
    shown = "localhost" if settings.host in {"127.0.0.1", "::1"} else settings.host
    address = f"http://{shown}:{port}"
    logins = [
        {"login": player.login, "name": player.person, "party": player.name} for player in folder.logins()
    ]
    out.give({"address": address, "demo": settings.demo} | ({"logins": logins} if settings.demo else {}))
    out.say(f"\nOpen {address}")
    if settings.demo:
        out.say(f'Log in as one of these, with the password "{cast.PASSWORD}":\n')
        for player in folder.logins():
            out.say(f"  {player.login:<13} {player.person}, {player.name}")
        colleagues = ", ".join(one.login for one in cast.COLLEAGUES)
        out.say(f"\nColleagues, for second signatures: {colleagues}.")
        out.say("\nAs distributor, open Receive: a pallet is on the road to you. As pharmacy, open Check and")
        out.say(
            "scan a pack. As maker, open Lots and print labels. As regulator, trace lot R02: it is recalled."
        )
        out.say("Without a camera, paste a code:\n")
        for where, code in folder.codes_to_try():
            out.say(f"  {code:<42} {where}")
    out.say("\nStop with Ctrl-C.")


@command
@click.option("--headless", is_flag=True, help="Tell the story in the terminal, without a browser.")
@click.option(
    "--out",
    "target",
    type=click.Path(file_okay=False, path_type=Path),
    default="demo-out",
    show_default=True,
    help="Folder for the demo's files.",
)
def demo_command(out: Output, *, headless: bool, target: Path) -> int | None:
    """The newcomer's story, from printed labels to a proof that fails when a byte is flipped.

    Without --headless, the demo supply chain is served for a browser, as by `serve --demo`.
    """
    if not headless:
        serve(out, replace(Settings.from_env(), data=target / folder.SERVED, demo=True))
        return None
    from traceability.demo import story

    told = story.tell(target, datetime.now(UTC), out.say)
    out.give(told)
    return None
