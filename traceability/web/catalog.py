"""`python -m traceability.web.catalog`: find every sentence and bring the translations up to date.

Sentences are found in templates, in `gettext` calls, and in the errors of every room, whose patterns
stand as literals where they are raised. What is no longer said is dropped; what is new is left empty,
and a test fails until it is translated.
"""

import sys
from collections.abc import Iterator
from pathlib import Path

from babel.messages.catalog import Catalog
from babel.messages.extract import DEFAULT_KEYWORDS, extract_from_dir
from babel.messages.pofile import read_po, write_po

from traceability.web.language import LANGUAGES, catalog_path

ROOT = Path(__file__).resolve().parents[2]

# Rejected names its step first, Refusal its rule: the pattern is the second argument there.
ERRORS: dict[str, tuple[int, ...] | None] = {
    "Gs1Error": None,
    "EpcisError": None,
    "ProofError": None,
    "CustodyError": None,
    "StoreError": None,
    "ScannerError": None,
    "SettingsError": None,
    "PageError": None,
    "ProofNeeded": None,
    "UnsafeError": None,
    "Rejected": (2,),
    "Refusal": (2,),
    "lazy_gettext": None,
    "_": None,
}
KEYWORDS = {**DEFAULT_KEYWORDS, **ERRORS}
FOLDERS = {"traceability": "**.py", "scanner": "**.py", "templates": "**.html"}


def sentences() -> Iterator[tuple[str | tuple[str, ...], str, int]]:
    """Every sentence that can be shown, with the file and line where it stands."""
    for folder, pattern in FOLDERS.items():
        method = "jinja2" if folder == "templates" else "python"
        options = {pattern: {"trimmed": "true", "silent": "false"}} if method == "jinja2" else {}
        for name, line, message, _comments, _context in extract_from_dir(
            ROOT / folder, [(pattern, method)], options, keywords=KEYWORDS
        ):
            yield message, f"{folder}/{name}", line


def extract() -> Catalog:
    """The template catalogue: every sentence, none translated."""
    catalog = Catalog(project="traceability", charset="utf-8", fuzzy=False)
    for message, name, _line in sentences():
        catalog.add(message, locations=[(name, 0)])
    return catalog


def read(language: str) -> Catalog:
    """The translations of a language as they are in the tree."""
    path = catalog_path(language)
    if not path.exists():
        return Catalog(locale=language, project="traceability", fuzzy=False)
    with path.open("rb") as file:
        return read_po(file, locale=language)


def update(language: str) -> list[str]:
    """Bring one language up to date; returns the sentences that wait for a translation."""
    catalog = read(language)
    catalog.update(extract(), no_fuzzy_matching=True, update_creation_date=False)
    catalog.obsolete.clear()
    path = catalog_path(language)
    path.parent.mkdir(parents=True, exist_ok=True)
    with path.open("wb") as file:
        write_po(file, catalog, width=110, sort_output=True, include_lineno=False, omit_header=False)
    return untranslated(catalog)


def untranslated(catalog: Catalog) -> list[str]:
    """The sentences of a catalogue that have no translation, or only a guessed one."""
    waiting = []
    for message in catalog:
        if not message.id:
            continue
        texts = message.string if isinstance(message.string, list | tuple) else (message.string,)
        if message.fuzzy or not all(texts):
            waiting.append(message.id if isinstance(message.id, str) else message.id[0])
    return waiting


def main() -> int:
    """Update every language and say what waits."""
    waiting = 0
    for language in LANGUAGES:
        if language == "en":
            continue
        missing = update(language)
        waiting += len(missing)
        for sentence in missing:
            print(f"{language}: {sentence}")
    return 1 if waiting else 0


if __name__ == "__main__":
    sys.exit(main())
