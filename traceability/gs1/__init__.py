"""GS1 identifiers and codes, as the standards define them. Pure: no clock, no files, no randomness."""


class Gs1Error(ValueError):
    """A refused key, element string or link: a %-pattern and its values; `str()` is the English sentence.

    `ai` is the application identifier concerned and `position` the 0-based character offset in the input
    where things went wrong; each is None where it is not known. Sentences count from one, so a position
    brings the value `character` with it.
    """

    def __init__(self, pattern: str, /, **values: object) -> None:
        position = values.get("position")
        if isinstance(position, int):
            values["character"] = position + 1
        super().__init__(pattern % values)
        ai = values.get("ai")
        self.pattern = pattern
        self.values = values
        self.ai = ai if isinstance(ai, str) else None
        self.position = position if isinstance(position, int) else None

    def __reduce__(self) -> "tuple[object, tuple[type[Gs1Error], str, dict[str, object]]]":
        return _rebuild, (type(self), self.pattern, self.values)

    def moved(self, offset: int) -> "Gs1Error":
        """The same refusal, for a text in which what was refused begins at `offset`."""
        if self.position is None:
            return self
        return type(self)(self.pattern, **{**self.values, "position": self.position + offset})


def _rebuild(kind: type[Gs1Error], pattern: str, values: dict[str, object]) -> Gs1Error:
    # Keyword arguments do not survive the pickling of exceptions, and refusals cross worker processes.
    return kind(pattern, **values)
