"""The verdict on a code in the words of the counter, and the few words that anyone may read."""

from traceability.web.reading import Reading


def answer(r, v): ...
def summary(r: Reading, v):
    return None
