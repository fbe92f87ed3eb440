"""GS1's published EPCIS files, where they lie beside the repository; they are not ours to copy."""

from pathlib import Path

import pytest

ARTEFACTS = Path(__file__).resolve().parents[2] / "shared" / "epcis"
needs_artefacts = pytest.mark.skipif(
    not ARTEFACTS.is_dir(),
    reason="GS1's published EPCIS artefacts are not at ../shared/epcis beside the repository",
)
