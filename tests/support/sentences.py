"""Sentences for users, compared by the facts in them: names, numbers, options. Their English may change."""

import re


class Like:
    """Equals every sentence that has the parts of a pattern in their order; `…` stands for any words.

    assert faults == [like("option --mode: 'cpy' … copy, link …")]
    """

    def __init__(self, pattern: str) -> None:
        self.pattern = pattern

    def __eq__(self, sentence: object) -> bool:
        parts = (re.escape(part.strip()) for part in self.pattern.split("…"))
        return isinstance(sentence, str) and bool(re.fullmatch(".*".join(parts), sentence, re.DOTALL))

    __hash__ = None  # type: ignore[assignment]

    def __repr__(self) -> str:
        return f"like({self.pattern!r})"


like = Like
