"""K-mer spectra of an EAR as Merqury draws them: by copies in the assembly, and by haplotype."""

from collections.abc import Mapping, Sequence
from pathlib import Path

import numpy as np

from linnaea.assembly.kmer_evaluation import HaplotypeKmers
from linnaea.base.files import complete_path

Curves = dict[str, np.ndarray]
# Merqury's colours: k-mers of the reads alone black, then by copies.
COLOURS = ("#000000", "#e41a1c", "#377eb8", "#4daf4a", "#984ea3", "#ff7f00")


def copy_spectra(kmers: HaplotypeKmers) -> Curves:
    """Distinct read k-mers at each multiplicity, by how often the assembly has them."""
    names = (
        {"read_only": "read-only"} | {f"copies_{n}": str(n) for n in range(1, 5)} | {"copies_over_4": ">4"}
    )
    return {name: np.asarray(kmers["spectrum"][key]) for key, name in names.items()}


def assembly_spectra(kmers: Mapping[str, HaplotypeKmers], both: HaplotypeKmers | None) -> Curves:
    """Distinct read k-mers at each multiplicity, by the haplotypes that have them.

    With two haplotypes, |A and B| = |A| + |B| - |A or B|, where `both` counts the union; the rest of each is
    its own.
    """
    whole = both or next(iter(kmers.values()))
    reads = {"read-only": np.asarray(whole["spectrum"]["read_only"])}
    present = {name: _present(one) for name, one in kmers.items()}
    if both is None:
        return reads | present
    (first, a), (second, b) = present.items()
    union = _present(both)
    return reads | {f"{first}-only": union - b, f"{second}-only": union - a, "shared": a + b - union}


def _present(kmers: HaplotypeKmers) -> np.ndarray:
    return np.sum([curve for name, curve in copy_spectra(kmers).items() if name != "read-only"], axis=0)


def draw_spectrum(multiplicity: Sequence[int] | np.ndarray, curves: Curves, title: str, path: Path) -> None:
    """Draw curves of distinct k-mers over the multiplicity in the reads, as PNG.

    The y axis ends above the peak of what the assembly has, as k-mers of errors are far more.
    """
    from matplotlib.figure import Figure

    figure = Figure(figsize=(6, 5), dpi=110, layout="constrained")
    axes = figure.subplots()
    for (name, curve), colour in zip(curves.items(), COLOURS, strict=False):
        if curve.any():
            axes.plot(multiplicity, curve, color=colour, label=name)
            axes.fill_between(multiplicity, curve, color=colour, alpha=0.15)
    peak = max((curve.max() for name, curve in curves.items() if name != "read-only"), default=0)
    axes.set(
        xlim=(0, max(multiplicity)), ylim=(0, max(1, 1.15 * peak)), xlabel="k-mer multiplicity in the reads",
        ylabel="distinct k-mers", title=title,
    )  # fmt: skip
    axes.legend()
    with complete_path(path) as partial:
        figure.savefig(partial, format="png")


def draw_spectra(kmers: Mapping[str, HaplotypeKmers], both: HaplotypeKmers | None, stem: Path) -> list[Path]:
    """Draw the spectra of a stage under Merqury's names (`*.ln.png`); return their paths.

    `kmers` are those of one or two haplotypes by name, `both` those of two together.
    """
    whole = both or next(iter(kmers.values()))
    plots = {"spectra-asm": assembly_spectra(kmers, both), "spectra-cn": copy_spectra(whole)}
    if both:
        plots |= {f"{name}.spectra-cn": copy_spectra(one) for name, one in kmers.items()}
    paths = []
    for name, curves in plots.items():
        paths.append(stem.with_name(f"{stem.name}.{name}.ln.png"))
        draw_spectrum(whole["spectrum"]["multiplicity"], curves, f"{stem.name} {name}", paths[-1])
    return paths
