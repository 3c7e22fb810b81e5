"""Which frame of a transcript is coding and where translation begins, learnt from genes of the same genome.

The longest open frame is no evidence of a start: where a genetic code has few stop codons, frames are
open far upstream of it. Start codons of one frame are compared by codon usage from there on, by the
letters around them, and by whether they are the first. The weight of each is learnt from the genes as
well, since genomes differ: in most of them the first start codon is nearly always the right one.
"""

from collections.abc import Sequence
from dataclasses import dataclass

import numpy as np

from linnaea.formats.gene_models import codon_numbers, digits, stop_codons

# Letters of the context before a start codon and behind it (Cavener & Ray 1991, Nucleic Acids Res 19:3185).
CONTEXT = 9
_AROUND = np.array([*range(-CONTEXT, 0), *range(3, 6)])
# With fewer genes the longest frame is taken. More than MAX_GENES change nothing.
MIN_GENES, MAX_GENES = 15, 1000
FOLDS = 5
# Weights before any gene is seen, and how little genes change them. Right starts among those of one frame,
# after 20 genes, by the first start codon and by the model: simulated genes in code 6 68 and 99 %, in code 1
# 82 and 99 %, Drosophila 93.4 and 93.4 %, yeast 98.5 and 98.5 %.
PRIOR_WEIGHTS, STIFFNESS = (0.1, 0.3, 3.0), 0.5
# A frame other than the longest must be this much likelier by its codons and context, nats.
FRAME_MARGIN = 10.0
# Observations that the priors weigh: letters of each position of a context, codons of either usage.
CONTEXT_PRIOR, USAGE_PRIOR = 10.0, 64.0
_ATG = int(codon_numbers(b"ATG")[0])
_LETTERS = [codon for codon in range(125) if 4 not in (codon // 25, codon // 5 % 5, codon % 5)]

Example = tuple[bytes, int, int]


@dataclass(frozen=True)
class Frames:
    """Frames from a start codon to the first stop, by position: arrays (n,).

    `starts` and `ends` are half-open in the transcript, stop codon included; `usage` and `context` are log
    odds in nats of their codons and of the letters around their start.
    """

    starts: np.ndarray
    ends: np.ndarray
    usage: np.ndarray
    context: np.ndarray

    def of(self, end: int) -> "Frames":
        """Those that share an end."""
        same = self.ends == end
        return Frames(self.starts[same], self.ends[same], self.usage[same], self.context[same])

    def evidence(self) -> np.ndarray:
        """What tells the starts of one frame apart, (n, 3): usage, context, and whether it is the first."""
        return np.stack([self.usage, self.context, np.arange(self.starts.size) == 0], axis=1)


@dataclass(frozen=True)
class Tables:
    """Log odds in nats of coding against untranslated sequence: `usage` (125,) of codons by `codon_numbers`,
    `context` (12, 5) of the letters around a start codon."""

    code: int
    usage: np.ndarray
    context: np.ndarray

    def frames(self, letters: bytes) -> Frames:
        """Every frame of a transcript."""
        bases, found = digits(letters), []
        for shift in range(3):
            codons = codon_numbers(letters[shift:])
            sums = np.concatenate([[0.0], np.cumsum(self.usage[codons])])
            stops = np.flatnonzero(stop_codons(self.code)[codons])
            starts = np.flatnonzero(codons == _ATG)
            closing = np.searchsorted(stops, starts)
            starts, last = starts[closing < stops.size], stops[closing[closing < stops.size]]
            found.append((3 * starts + shift, 3 * last + 3 + shift, sums[last] - sums[starts]))
        starts, ends, usage = (np.concatenate(columns) for columns in zip(*found, strict=True))
        order = np.argsort(starts)
        starts = starts[order]
        return Frames(starts, ends[order], usage[order], self._contexts(bases, starts))

    def _contexts(self, bases: np.ndarray, starts: np.ndarray) -> np.ndarray:
        """Log odds of the letters around each start; positions outside the transcript say nothing."""
        positions = starts[:, None] + _AROUND
        inside = (positions >= 0) & (positions < bases.size)
        seen = bases[np.clip(positions, 0, bases.size - 1)]
        return np.where(inside, self.context[np.arange(_AROUND.size), seen], 0.0).sum(axis=1)


@dataclass(frozen=True)
class CodingModel:
    """Tables of a genome, and the `weights` (3,) of what tells the starts of a frame apart."""

    tables: Tables
    weights: np.ndarray

    def start(self, letters: bytes, end: int, among: Sequence[int] | None = None) -> int | None:
        """The likeliest start of the frame that ends at `end` (of those in `among`); None without any."""
        frames = self.tables.frames(letters).of(end)
        scores = frames.evidence() @ self.weights
        if among is not None:
            scores[~np.isin(frames.starts, among)] = -np.inf
        return int(frames.starts[np.argmax(scores)]) if np.isfinite(scores).any() else None

    def frame(self, letters: bytes, min_codons: int = 1) -> tuple[int, int] | None:
        """Start and end of the coding frame of a transcript, None when no frame has `min_codons` codons.

        It is the longest frame, or one whose codons and context are much likelier, from its likeliest start.
        """
        frames = self.tables.frames(letters)
        lengths = frames.ends - frames.starts
        odds = np.where(lengths >= 3 * min_codons, frames.usage + frames.context, -np.inf)
        if not np.isfinite(odds).any():
            return None
        best, longest = np.argmax(odds), np.argmax(lengths)
        end = int(frames.ends[longest])
        if odds[best] > odds[frames.ends == end].max() + FRAME_MARGIN:
            end = int(frames.ends[best])
        enough = frames.starts[(frames.ends == end) & (lengths >= 3 * min_codons)]
        start = self.start(letters, end, enough)
        return None if start is None else (start, end)


def learn(genes: Sequence[Example], code: int = 1) -> CodingModel | None:
    """The model of known genes: letters (upper-case) of the transcript, start and end of its CDS.

    The weights are those of a conditional logit (McFadden 1974) over the start codons of each gene's frame,
    with a Gaussian prior; each gene is judged by tables of others. None with fewer than `MIN_GENES`.
    """
    if len(genes) < MIN_GENES:
        return None
    choices = []
    for fold in range(FOLDS):
        tables = _tables([gene for i, gene in enumerate(genes) if i % FOLDS != fold], code)
        for letters, start, end in genes[fold::FOLDS]:
            frames = tables.frames(letters).of(end)
            if start in frames.starts:
                choices.append((frames.evidence(), int(np.flatnonzero(frames.starts == start)[0])))
    return CodingModel(_tables(genes, code), _weights(choices))


def _weights(choices: Sequence[tuple[np.ndarray, int]]) -> np.ndarray:
    """Weights of the evidence, (3,), none below zero; a choice is the evidence of its starts and the index of
    the true one.

    They count the first start alone unless they find more of the starts.
    """
    from scipy.optimize import minimize
    from scipy.special import logsumexp, softmax

    prior = np.array(PRIOR_WEIGHTS)

    def loss(weights: np.ndarray) -> tuple[float, np.ndarray]:
        total = 0.5 * STIFFNESS * ((weights - prior) ** 2).sum()
        gradient = STIFFNESS * (weights - prior)
        for evidence, true in choices:
            scores = evidence @ weights
            total += logsumexp(scores) - scores[true]
            gradient = gradient + softmax(scores) @ evidence - evidence[true]
        return total, gradient

    fitted = minimize(loss, prior, jac=True, bounds=[(0, None)] * prior.size, method="L-BFGS-B").x
    right = sum(np.argmax(evidence @ fitted) == true for evidence, true in choices)
    first = sum(true == 0 for _, true in choices)
    return fitted if right > first else np.array([0.0, 0.0, 1.0])


def _tables(genes: Sequence[Example], code: int) -> Tables:
    """Log odds from counts with priors: both usages tend to the composition of untranslated sequence."""
    coding, untranslated = np.zeros(125), np.zeros(125)
    around, letters_outside = np.zeros((_AROUND.size, 5)), np.ones(5)
    for letters, start, end in genes:
        bases = digits(letters)
        coding += np.bincount(codon_numbers(letters[start + 3 : end - 3]), minlength=125)
        for outside in (letters[:start], letters[end:]):
            letters_outside += np.bincount(digits(outside), minlength=5)
            for shift in range(3):
                untranslated += np.bincount(codon_numbers(outside[shift:]), minlength=125)
        positions = start + _AROUND
        inside = (positions >= 0) & (positions < bases.size)
        around[np.flatnonzero(inside), bases[positions[inside]]] += 1
    composition = letters_outside[:4] / letters_outside[:4].sum()
    base = np.append(composition, 0.0)
    chance = np.einsum("i,j,k->ijk", base, base, base).ravel()
    prior = np.isin(np.arange(125), _LETTERS) * chance
    sense = (prior > 0) & ~stop_codons(code)
    # Coding codons are no stops; untranslated ones are so at their rate.
    within = (coding + USAGE_PRIOR * prior) * sense
    without = untranslated * (prior > 0) + USAGE_PRIOR * prior
    usage = np.zeros(125)
    usage[sense] = np.log((within / within.sum())[sense] / (without / without.sum())[sense])
    seen = around[:, :4] + CONTEXT_PRIOR * composition
    context = np.zeros((_AROUND.size, 5))
    context[:, :4] = np.log(seen / seen.sum(axis=1, keepdims=True) / composition)
    return Tables(code, usage, context)
