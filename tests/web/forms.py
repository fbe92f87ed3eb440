"""What a test needs to send a form: the CSRF token that the page carries."""

import re

from flask.testing import FlaskClient

TOKEN = re.compile(r'name="csrf-token" content="([^"]+)"')


def token(client: FlaskClient, path: str = "/login") -> str:
    """A CSRF token of the visitor's session."""
    found = TOKEN.search(client.get(path).text)
    assert found is not None
    return found.group(1)
