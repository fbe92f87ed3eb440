"""Our words are CBV 2.0's words, all of them and no others."""

import re
from enum import StrEnum

import pytest
from gs1_artefacts import ARTEFACTS, needs_artefacts

from traceability.epcis.vocabulary import (
    BizStep,
    BizTransactionType,
    Disposition,
    EndType,
    ErrorReason,
    web_uri,
)


@needs_artefacts
@pytest.mark.parametrize("words", [BizStep, Disposition, EndType, BizTransactionType, ErrorReason])
def test_the_published_vocabulary_has_the_same_words(words: type[StrEnum]) -> None:
    published = set(
        re.findall(r"^cbv:([A-Za-z]+-[a-z_]+)\s", (ARTEFACTS / "CBV.ttl").read_text(), re.MULTILINE)
    )
    ours = {web_uri(word).removeprefix("https://ref.gs1.org/cbv/") for word in words}
    prefix = next(iter(ours)).split("-")[0]
    assert ours == {name for name in published if name.startswith(f"{prefix}-")}


def test_a_word_is_its_text() -> None:
    assert BizStep.SHIPPING == "shipping"
    assert f"{BizStep.SHIPPING}" == "shipping"
    assert all(word.name == word.value.upper() for word in BizStep)
