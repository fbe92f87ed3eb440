"""Reading the text of a code."""

import timeit
from datetime import date

from traceability.gs1.element_strings import parse

PACK = "]d201095213210000182100000000421\x1d1729063010B26"


def parsing() -> dict[str, float]:
    """Microseconds to parse and check the element string of a pack, serials all different."""
    today = date(2026, 11, 23)
    texts = [f"]d2010952132100001821{n:012}\x1d1729063010B26" for n in range(20_000)]

    def run() -> None:
        for text in texts:
            parse(text, today=today)

    return {"gs1_parse_us": min(timeit.repeat(run, number=1, repeat=3)) / len(texts) * 1e6}
