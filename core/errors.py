"""The one way a service says no."""

from typing import Any


class Refusal(Exception):
    """A rule of the product was not met. Carries data, never a sentence: `code` is a locale key below `refusals.`,
    `details` are its figures and ids. Nothing of the transaction it was raised in may be kept."""

    code = "refused"

    def __init__(self, **details: Any) -> None:
        super().__init__(self.code)
        self.details = details
