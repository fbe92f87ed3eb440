"""Who may hold a medicine, and what they may do with it: pure rules over frozen states (DESIGN section 5)."""


class CustodyError(ValueError):
    """An act, a registration or a question that the custody rules do not allow.

    The pattern and its values are kept apart so that `web` can translate the sentence.
    """

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values
