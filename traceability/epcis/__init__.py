"""EPCIS 2.0 events and CBV 2.0 words: what happened, to what, where, when and why (GS1 EPCIS 2.0)."""


class EpcisError(ValueError):
    """An event or a document that is not valid EPCIS, or not one that a custody statement can carry.

    The pattern and its values are kept apart so that `web` can translate the sentence.
    """

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values
