"""Flask-Babel with types: what the rest of this room imports to speak the reader's language."""

from datetime import date, datetime

import flask_babel
from flask_babel import Babel, Domain, LazyString, get_locale

__all__ = [
    "Babel",
    "Domain",
    "LazyString",
    "format_date",
    "get_locale",
    "gettext",
    "lazy_gettext",
    "ngettext",
]


def gettext(text: str, **values: object) -> str:
    """A sentence in the reader's language; without values its places stay open."""
    return str(flask_babel.gettext(text, **values))


def ngettext(one: str, many: str, num: int, **values: object) -> str:
    """The sentence for one or for many; `num` fills %(num)s."""
    return str(flask_babel.ngettext(one, many, num, **values))


def lazy_gettext(text: str) -> LazyString:
    """A sentence that is translated when it is shown."""
    return flask_babel.lazy_gettext(text)


def format_date(day: date | datetime, pattern: str) -> str:
    """A date by a pattern of the Unicode locale data, e.g. "d MMM y"."""
    return str(flask_babel.format_date(day, pattern))
