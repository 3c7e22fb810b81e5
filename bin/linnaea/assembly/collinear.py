"""Collinear chains of alignments of two sequences."""

import numpy as np


def chains(
    rows: np.ndarray,
    forward: bool,
    largest_gap: float = np.inf,
    look_back: int | None = None,
    largest_overlap: float = 1.0,
) -> list[np.ndarray]:
    """Chains of alignments that follow each other on both sequences, the best first, none sharing a row.

    `rows` (n, 5): start and end on one sequence, start and end on the other, weight, sorted by the first
    two. On the reverse strand they follow each other downwards on the other sequence. Returns indices of
    rows, ascending. A chain's score is its weight, that of overlaps counted once. Gaps are at most
    `largest_gap` bp on either sequence, overlaps at most the share `largest_overlap` of the later row. A row
    is joined to one of the `look_back` rows before it.
    """
    start, end = rows[:, 0], rows[:, 1]
    far_start, far_end = (rows[:, 2], rows[:, 3]) if forward else (-rows[:, 3], -rows[:, 2])
    weight = rows[:, 4].astype(float)
    score, before = weight.copy(), np.full(len(rows), -1)
    for i in range(1, len(rows)):
        back = slice(0 if look_back is None else max(0, i - look_back), i)
        gap = start[i] - end[back]
        far_gap = far_start[i] - far_end[back]
        follows = (end[back] < end[i]) & (far_start[back] < far_start[i]) & (far_end[back] < far_end[i])
        follows &= (gap <= largest_gap) & (far_gap <= largest_gap)
        shared = np.maximum(0, np.maximum(-gap, -far_gap))
        overlap = shared / max(end[i] - start[i], 1)
        follows &= overlap <= largest_overlap
        gained = score[back] + weight[i] * (1 - overlap).clip(0)
        gained = np.where(follows, gained, 0.0)
        best = int(np.argmax(gained))
        if gained[best] > weight[i]:
            score[i], before[i] = gained[best], back.start + best
    found = []
    used = np.zeros(len(rows), bool)
    for last in np.argsort(-score, kind="stable"):
        members = []
        at = int(last)
        while at >= 0 and not used[at]:
            used[at] = True
            members.append(at)
            at = int(before[at])
        if members:
            found.append(np.array(members[::-1]))
    return found
