"""Two languages from the first page: choosing one, and saying errors in it.

The catalogue is read from its .po file when the server starts: no compiled file to build, commit or
forget.
"""

import io
from pathlib import Path
from typing import Any

from babel.messages.mofile import write_mo
from babel.messages.pofile import read_po
from babel.support import NullTranslations, Translations
from flask import Flask, request
from flask_login import current_user

from traceability.web.babel import Babel, Domain, get_locale, gettext
from traceability.web.words import spoken

LANGUAGES = {"en": "English", "zh": "简体中文"}
TAGS = {"en": "en", "zh": "zh-Hans"}
COOKIE = "language"
FOLDER = Path(__file__).parent / "translations"


def catalog_path(language: str) -> Path:
    """Where the translations of a language are kept."""
    return FOLDER / language / "LC_MESSAGES" / "messages.po"


def load(language: str) -> NullTranslations:
    """The translations of a language; English is the source and has none."""
    path = catalog_path(language)
    if not path.exists():
        return NullTranslations()
    with path.open("rb") as file:
        catalog = read_po(file, locale=language)
    compiled = io.BytesIO()
    write_mo(compiled, catalog)
    compiled.seek(0)
    return Translations(compiled)


class _Catalogs(Domain):  # type: ignore[misc]
    """Flask-Babel's messages, from .po files."""

    def __init__(self) -> None:
        super().__init__(str(FOLDER))
        self._loaded = {language: load(language) for language in LANGUAGES}

    def get_translations(self) -> NullTranslations:
        return self._loaded[language()]


def choose() -> str:
    """The account's language, else the visitor's choice, else what the browser asks for, else English."""
    own = getattr(current_user, "locale", None)
    if own in LANGUAGES:
        return str(own)
    chosen = request.cookies.get(COOKIE, "")
    if chosen in LANGUAGES:
        return chosen
    return request.accept_languages.best_match(list(LANGUAGES), "en") or "en"


def language() -> str:
    """The language of the answer being written."""
    locale = get_locale()
    return locale.language if locale is not None and locale.language in LANGUAGES else "en"


def tell(error: Any) -> str:
    """An error of any room as a sentence in the reader's language."""
    return sentence(error.pattern, error.values)


def sentence(pattern: str, values: dict[str, object]) -> str:
    """A pattern with its values, in the reader's language."""
    translated: str = gettext(pattern)
    return translated % spoken(values)


def set_up(app: Flask) -> None:
    """Make the application bilingual."""
    babel = Babel(app, locale_selector=choose)
    babel.domain_instance = _Catalogs()
    app.jinja_env.globals.update(
        languages=LANGUAGES, language=language, language_tag=lambda: TAGS[language()]
    )
