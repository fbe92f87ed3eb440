"""Signatures, the Merkle tree, checkpoints and receipts; knows nothing of medicine (DESIGN sections 3 and 4)."""


class ProofError(ValueError):
    """A statement, a proof or a file that is not what it must be; the sentence names the part.

    The pattern and its values are kept apart so that `web` can translate the sentence.
    """

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values
