"""A demo supply chain: invented parties on GS1's example prefix, real keys, real signatures.

Its passwords and the passphrase of its keys are published, so it is served on this machine only.
"""


class DemoError(ValueError):
    """A folder that the demo will not touch, or a step of its story that did not come out as told."""

    def __init__(self, pattern: str, /, **values: object) -> None:
        super().__init__(pattern % values)
        self.pattern = pattern
        self.values = values
