"""Every sentence that can be shown is translated, with the same places to fill."""

import re

import pytest

from traceability.web import catalog
from traceability.web.language import LANGUAGES

PLACES = re.compile(r"%\((\w+)\)")
OTHERS = [language for language in LANGUAGES if language != "en"]


@pytest.mark.parametrize("language", OTHERS)
def test_every_sentence_is_translated(language: str) -> None:
    known = {
        message.id if isinstance(message.id, str) else message.id[0] for message in catalog.read(language)
    }
    said = {text if isinstance(text, str) else text[0] for text, _, _ in catalog.sentences()}
    assert sorted(said - known) == [], "run `make catalog`, then translate"
    assert catalog.untranslated(catalog.read(language)) == []


@pytest.mark.parametrize("language", OTHERS)
def test_translations_keep_the_places(language: str) -> None:
    for message in catalog.read(language):
        if not message.id:
            continue
        pattern = message.id if isinstance(message.id, str) else message.id[-1]
        texts = message.string if isinstance(message.string, tuple | list) else (message.string,)
        for text in texts:
            assert set(PLACES.findall(text)) == set(PLACES.findall(pattern)), pattern


def test_error_patterns_of_every_room_are_found() -> None:
    files = {name.split("/")[1] for _, name, _ in catalog.sentences() if name.startswith("traceability/")}
    assert {"gs1", "epcis", "proof", "custody", "store", "ledger", "web"} <= files
