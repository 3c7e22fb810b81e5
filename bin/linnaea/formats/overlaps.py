"""Things found by overlap, without a look at all of them."""

from collections import defaultdict
from collections.abc import Hashable, Iterator
from typing import Any


class OverlapIndex:
    """Things by their span on a line (a sequence, or a strand of one), found by overlap through bins."""

    BIN = 20_000

    def __init__(self) -> None:
        self.bins: dict[tuple[Hashable, int], list[Any]] = defaultdict(list)

    def add(self, line: Hashable, start: int, end: int, thing: Any) -> None:
        for number in range(start // self.BIN, (end - 1) // self.BIN + 1):
            self.bins[line, number].append((start, end, thing))

    def near(self, line: Hashable, start: int, end: int) -> Iterator[Any]:
        """Every thing that overlaps [start, end), once."""
        first = start // self.BIN
        for number in range(first, (end - 1) // self.BIN + 1):
            for low, high, thing in self.bins.get((line, number), ()):
                if low < end and start < high and (number == first or low // self.BIN == number):
                    yield thing
