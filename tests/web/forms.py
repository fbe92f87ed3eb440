"""What a test needs to send a form: the CSRF token that the page carries, and people who are logged in."""

import re

from flask import Flask
from flask.testing import FlaskClient

from traceability.demo import cast

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def token(client: FlaskClient, path: str = "/login") -> str:
    """A CSRF token of the visitor's session."""
    found = TOKEN.search(client.get(path).text)
    assert found is not None
    return found.group(1)


def logged_in(application: Flask, login: str, password: str = cast.PASSWORD) -> FlaskClient:
    """Somebody of the demo with a session of their own."""
    client = application.test_client()
    form = {"login": login, "password": password, "csrf_token": token(client)}
    assert client.post("/login", data=form).status_code == 302
    return client
