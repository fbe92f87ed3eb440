"""Pixels to text, and text to labels. Knows pictures, not medicine: it never imports traceability."""


class ScannerError(ValueError):
    """A picture, a source or a label that cannot be used, told in a sentence to act on.

    `pattern` is an English sentence with `%(name)s` places, `values` fill them, so that a page can
    translate the sentence; `str()` is the English one.
    """

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values
