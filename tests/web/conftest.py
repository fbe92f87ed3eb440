"""A real server over the demo supply chain: the application, a logged-in client, and a real Chromium."""

import os
import threading
from collections.abc import Callable, Iterator
from dataclasses import replace
from datetime import UTC, datetime
from functools import partial
from typing import Any, TypeAlias

import journey
import pytest
import waitress
from argon2.profiles import CHEAPEST
from flask import Flask
from flask.testing import FlaskClient
from forms import logged_in, token
from mailing import Letters, Receiver, mail_server

import app as composition
from benchmarks.filming import CHROMIUM_FLAGS, MISSING, executable
from traceability.demo import cast, folder
from traceability.settings import Mail, Settings
from traceability.web import Courier, preparing
from traceability.web.security import limiter

Launch: TypeAlias = Callable[..., Any]


@pytest.fixture(scope="session")
def parts(tmp_path_factory: pytest.TempPathFactory) -> Iterator[composition.Parts]:
    """The open parts of a demo, made once a session. Tests add to it and never count on what others did."""
    settings = Settings(data=tmp_path_factory.mktemp("web") / "var", port=0, demo=True, passwords=CHEAPEST)
    folder.prepare(settings, datetime.now(UTC))
    with composition.open_parts(settings) as opened:
        yield opened


@pytest.fixture(scope="session")
def application(parts: composition.Parts) -> Flask:
    """The whole application, as `serve` builds it; browsers need not ask again for what never changes here."""
    built = composition.build(parts)
    built.config["SEND_FILE_MAX_AGE_DEFAULT"] = 3600
    return built


@pytest.fixture(autouse=True)
def patience(monkeypatch: pytest.MonkeyPatch) -> None:
    """Requests for files wait until they are made, however busy the machine is."""
    monkeypatch.setattr(preparing, "AT_ONCE_SECONDS", 60.0)


@pytest.fixture
def client(application: Flask) -> Iterator[FlaskClient]:
    """A visitor who is not logged in; rate limits start afresh."""
    limiter.reset()
    with application.test_client() as client:
        yield client


@pytest.fixture
def log_in(client: FlaskClient) -> Callable[[str], FlaskClient]:
    """Log the visitor in as somebody of the demo: `log_in("maker")`."""

    def enter(login: str) -> FlaskClient:
        form = {"login": login, "password": cast.PASSWORD, "csrf_token": token(client)}
        assert client.post("/login", data=form).status_code == 302
        return client

    return enter


@pytest.fixture(scope="session")
def address(application: Flask) -> Iterator[str]:
    """The address of a real server on a free loopback port."""
    server = waitress.create_server(application, host="127.0.0.1", port=0, threads=8)
    thread = threading.Thread(target=server.run, name="waitress", daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.effective_port}"
    server.close()
    thread.join(timeout=5)


@pytest.fixture(scope="session")
def launch() -> Iterator[Launch]:
    """Start a real Chromium, headless: `launch("--a-flag")`. Skips where there is none, fails so in CI."""
    chromium = executable()
    if chromium is None:
        if os.environ.get("CI") == "true":
            pytest.fail(MISSING)
        pytest.skip(MISSING)
    playwright = pytest.importorskip("playwright.sync_api")
    with playwright.sync_playwright() as driver:
        yield lambda *more: driver.chromium.launch(executable_path=chromium, args=[*CHROMIUM_FLAGS, *more])


@pytest.fixture(scope="session")
def browser(launch: Launch) -> Iterator[Any]:
    """The Chromium that tests share; its camera shows a test picture without codes."""
    launched = launch()
    yield launched
    launched.close()


@pytest.fixture(scope="session")
def desks(browser: Any) -> Iterator[dict[str, journey.Desk]]:
    """Who sits in the shared browser, each in a profile of their own: logged in, with a device key."""
    opened: dict[str, journey.Desk] = {}
    yield opened
    for desk in opened.values():
        desk.page.context.close()


@pytest.fixture
def people(desks: dict[str, journey.Desk], browser: Any, address: str) -> Iterator[Callable[[str], Any]]:
    """Pages of people at their computers: `people("maker")`. Logging in and enrolling happen once a session;
    what a test leaves in the browser is cleared after it. What a page calls an error fails the test."""
    used: dict[str, journey.Desk] = {}

    def person(login: str) -> Any:
        if login not in desks:
            desks[login] = journey.Desk(*journey.open_page(browser, address))
            journey.ready(desks[login].page, login)
        used[login] = desks[login]
        return used[login].page

    yield person
    troubles = [one for desk in used.values() for one in desk.troubles]
    for login, desk in used.items():
        if not journey.tidied(desk, login):
            desk.page.context.close()
            del desks[login]
    assert [one for one in troubles if not one.startswith("Failed to load resource")] == []


@pytest.fixture
def page(browser: Any, address: str) -> Iterator[Any]:
    """A page of a fresh browser profile, for what happens before, at or after a login; errors on the page fail the test, refusals of the server do not."""
    opened, troubles = journey.open_page(browser, address)
    yield opened
    opened.context.close()
    assert [one for one in troubles if not one.startswith("Failed to load resource")] == []


# Notices


@pytest.fixture
def letters() -> Iterator[tuple[Letters, int]]:
    with mail_server() as found:
        yield found


@pytest.fixture
def receiver() -> Iterator[Receiver]:
    server = Receiver()
    thread = threading.Thread(target=server.serve_forever, args=(0.02,), daemon=True)
    thread.start()
    yield server
    server.shutdown()
    thread.join()
    server.server_close()


@pytest.fixture
def posting(parts: composition.Parts, letters: tuple[Letters, int]) -> Flask:
    """The application with a mail server; what others left to tell is told already."""
    mail = Mail("127.0.0.1", letters[1], "plain", "", "", "log@example.org")
    app = composition.build(
        replace(parts, settings=replace(parts.settings, mail=mail, url="https://log.example"))
    )
    Courier(app).round()
    letters[0].kept.clear()
    limiter.reset()
    return app


@pytest.fixture
def enter(posting: Flask) -> Callable[[str], FlaskClient]:
    return partial(logged_in, posting)
