"""The PDF of an EAR, drawn without network: traits, verdict, quality table, images, data and tools."""

from collections.abc import Iterable, Iterator, Sequence
from functools import cache
from html import escape
from pathlib import Path
from typing import Any

from linnaea.assembly.ear import (
    BEFORE,
    CURATED,
    DATA,
    GFASTATS,
    IMAGES,
    NOTES,
    PLACEHOLDER,
    Column,
    Ear,
    is_missing,
)
from linnaea.assembly.verdict import load_standard
from linnaea.base.errors import InputError
from linnaea.base.files import complete_path
from linnaea.base.text import number, with_unit

# Rows of the quality table as make_EAR.py names them, in its order.
NAMES = {
    "Total scaffold length": "Total bp",
    "GC content %": "GC %",
    "Total gap length in scaffolds": "Total gap bp",
    "# scaffolds": "Scaffolds",
    "# contigs": "Contigs",
}
BUSCO_NAMES = {
    "BUSCO sing.": "single_copy_pct",
    "BUSCO dupl.": "duplicated_pct",
    "BUSCO frag.": "fragmented_pct",
    "BUSCO miss.": "missing_pct",
}
CAPTIONS = {"hic_FullMap_png": "Hi-C contact map", "blobplot_cont_png": "Contamination after curation"}
GREY = "#e7e7e7"


def quality_values(column: Column) -> dict[str, str]:
    """Rows of the quality table for one haplotype, as make_EAR.py prints them; empty if not measured."""
    stats: Any = column.stats
    values: dict[str, str] = {}
    for name, key in GFASTATS.items():
        if key == "gaps":
            values["Gaps/Gbp"] = number(round(1e9 * stats["gaps"] / stats["total_bp"], 2))
        else:
            values[NAMES.get(name, name)] = number(stats[key], 4)
    kmers: Any = column.kmers
    values["QV"] = f"{kmers['qv_phred']:.4f}" if kmers else ""
    values["Kmer compl."] = f"{kmers['completeness_pct']:.4f}" if kmers else ""
    busco: Any = column.busco
    for name, key in BUSCO_NAMES.items():
        values[name] = f"{busco[key]:.1f}%" if busco else ""
    return values


def _busco_lines(columns: Iterable[Column]) -> list[str]:
    """BUSCO's version and lineage, one line if all columns agree."""
    used = {
        f"BUSCO {column.busco.get('version') or 'of unknown version'}, lineage {column.busco['lineage']} "
        f"({number(column.busco['markers'])} markers)"
        for column in columns
        if column.busco
    }
    warning = ["BUSCO versions or lineages differ between the columns:"] if len(used) > 1 else []
    return [*warning, *sorted(used)]


def traits(ear: Ear) -> list[list[str]]:
    """Genome traits, expected and observed, as make_EAR.py compares them."""
    notes = ear.fields["NOTES"]
    size = ear.profile["haploid_size_bp"] if ear.profile else ear.known.genome_size_bp
    final = _of(ear, CURATED) or _of(ear, BEFORE)
    profile = ear.profile or {}
    return [
        ["Genome traits", "Expected", "Observed"],
        ["Haploid size (bp)", number(size), number(max(column.stats["total_bp"] for column in final))],
        ["Haploid number", number(ear.known.haploid_number), _shown(notes["Obs_Haploid_num"])],
        [
            "Ploidy",
            number(ear.known.ploidy),
            number(profile.get("ploidy_hint") or profile.get("ploidy_model")),
        ],
        ["Sample sex", _shown(ear.fields["Sex"]), _shown(notes["Obs_Sex"])],
    ]


def flags(ear: Ear) -> list[str]:
    """Sentences on what the standard or make_EAR.py flags, and on traits that differ."""
    found = []
    names = _haplotypes(ear)
    for judged in ear.verdict["haplotypes"]:
        for metric in judged["metrics"]:
            if metric["verdict"] == "fail":
                value = with_unit(metric["value"], metric["unit"], metric["lower_bound"])
                what = f"{names[judged['haplotype']]}: {metric['name']} {value}"
                found.append(f"{what}, standard {metric['threshold']}: {metric['why']}")
    for flag in ear.verdict["flags"]:
        if flag["flagged"]:
            where = f"{names[flag['haplotype']]}: " if flag["haplotype"] else ""
            value = with_unit(flag["value"], flag["unit"])
            found.append(f"{where}{flag['name']} {value}, flagged {flag['threshold']}: {flag['why']}")
    seen, given = ear.fields["NOTES"]["Obs_Haploid_num"], ear.known.haploid_number
    if given and not is_missing(seen) and int(seen) != given:
        found.append(f"Haploid number: {seen} observed, {given} expected")
    for column in _of(ear, CURATED):
        l90 = column.stats["scaffold_l90"]
        if not is_missing(seen) and seen != given and l90 > int(seen):
            found.append(
                f"{column.haplotype}: 90 % of the bases are in {l90} scaffolds, {seen} chromosomes observed"
            )
    sex = (ear.fields["Sex"], ear.fields["NOTES"]["Obs_Sex"])
    if not any(map(is_missing, sex)) and sex[0].strip().lower() != sex[1].strip().lower():
        found.append(f"Sex: {sex[1]} observed, {sex[0]} expected")
    return list(dict.fromkeys(found))


def _haplotypes(ear: Ear) -> dict[str, str]:
    """The EAR's name of each of our haplotypes."""
    return {column.stats["haplotype"]: column.haplotype for column in ear.columns}


def _of(ear: Ear, stage: str) -> list[Column]:
    return [column for column in ear.columns if column.stage == stage]


def _shown(value: Any) -> str:
    return f"[{PLACEHOLDER}]" if is_missing(value) else str(value)


def _tools(given: Any) -> list[str]:
    """Tools as `name version, parameters`."""
    if not isinstance(given, dict):
        return [_shown(given)]
    lines = []
    for tool, value in given.items():
        version, *parameters = str(value).split("/")
        lines.append(", ".join([f"{tool} {version}", *(part for part in parameters if part)]))
    return lines


@cache
def _register_fonts() -> frozenset[int]:
    """Make the fonts Text and Text-Bold known to ReportLab; the code points that Text has."""
    from matplotlib import get_data_path
    from reportlab.pdfbase import pdfmetrics
    from reportlab.pdfbase.ttfonts import TTFont

    # The fonts of PDF itself have neither ≥ nor the letters of many names; DejaVu comes with Matplotlib.
    folder = Path(get_data_path()) / "fonts" / "ttf"
    fonts = [
        TTFont(name, str(folder / file))
        for name, file in (("Text", "DejaVuSans.ttf"), ("Text-Bold", "DejaVuSans-Bold.ttf"))
    ]
    for font in fonts:
        pdfmetrics.registerFont(font)
    return frozenset(fonts[0].face.charToGlyph)


class _Sheet:
    """Styles and the blocks of a page."""

    def __init__(self) -> None:
        from reportlab.lib.styles import ParagraphStyle

        self.letters = _register_fonts()
        self.lacking: dict[str, None] = {}
        self.text = ParagraphStyle("text", fontName="Text", fontSize=8.5, leading=12)
        self.small = ParagraphStyle("small", self.text, fontSize=7, leading=9)
        self.title = ParagraphStyle("title", fontName="Text-Bold", fontSize=17, leading=22, spaceAfter=8)
        self.heading = ParagraphStyle(
            "heading",
            fontName="Text-Bold",
            fontSize=12,
            leading=16,
            spaceBefore=12,
            spaceAfter=5,
            keepWithNext=1,
        )

    def paragraph(self, text: str, style: Any = None) -> Any:
        from reportlab.platypus import Paragraph

        shown = filter(str.isprintable, text)
        self.lacking |= dict.fromkeys(letter for letter in shown if ord(letter) not in self.letters)
        return Paragraph(escape(text), style or self.text)

    def table(self, rows: Sequence[Sequence[str]], header: bool = True, widths: Any = None) -> Any:
        from reportlab.lib import colors
        from reportlab.platypus import Table

        shade = ("BACKGROUND", (0, 0), (-1, 0), GREY) if header else ("BACKGROUND", (0, 0), (0, -1), GREY)
        cells = [[self.paragraph(cell, self.text) for cell in row] for row in rows]
        style = [shade, ("GRID", (0, 0), (-1, -1), 0.4, colors.grey), ("VALIGN", (0, 0), (-1, -1), "MIDDLE")]
        return Table(cells, colWidths=widths, style=style, hAlign="LEFT", repeatRows=int(header))

    def image(self, path: Path, width: float, height: float) -> Any:
        from reportlab.platypus import Image

        try:
            return Image(str(path), width, height, kind="proportional")
        except OSError:
            raise InputError(f"{path} is not an image; give a PNG") from None


def _front(ear: Ear, sheet: _Sheet) -> Iterator[Any]:
    fields = ear.fields
    yield sheet.paragraph("Assembly report (EAR)", sheet.title)
    yield sheet.paragraph(
        f"Tags: {_shown(fields['Tags'])}. Made by Linnaea from the records of its runs; values as "
        f"make_EAR.py 24.10.15 prints them, flags by make_EAR.py and {load_standard()['standard']}."
    )
    yield sheet.paragraph("Species", sheet.heading)
    species = [["ToLID", fields["ToLID"]], ["Species", fields["Species"]]]
    if ear.taxid:
        species.append(["TaxID", str(ear.taxid)])
    yield sheet.table(species, header=False, widths=[110, 300])
    yield sheet.paragraph("Genome traits", sheet.heading)
    yield sheet.table(traits(ear), widths=[150, 150, 150])
    yield sheet.paragraph("EBP metrics and notes", sheet.heading)
    stage = ear.verdict["stage"]
    for judged in ear.verdict["haplotypes"]:
        yield sheet.paragraph(
            f"{_haplotypes(ear)[judged['haplotype']]} ({stage}): {judged['code_ear']}, with C "
            f"for chromosomes {judged['code_sanger']}; standard {judged['target']}: {judged['verdict']}"
        )
    found = flags(ear)
    yield sheet.paragraph("Flagged:" if found else "Nothing is flagged.")
    for sentence in found:
        yield sheet.paragraph(f"· {sentence}")
    unmeasured = [
        metric["name"]
        for metric in ear.verdict["haplotypes"][0]["metrics"]
        if metric["verdict"] == "not measured"
    ]
    if unmeasured:
        yield sheet.paragraph(f"Not measured: {', '.join(unmeasured)}.")
    yield sheet.paragraph("Curator's notes", sheet.heading)
    for key in NOTES[2:]:
        yield sheet.paragraph(f"{key.replace('_', ' ')}: {_shown(fields['NOTES'][key])}")


def _quality(ear: Ear, sheet: _Sheet) -> Iterator[Any]:
    columns = ear.columns
    values = [quality_values(column) for column in columns]
    rows = [["Metric", *(f"{column.stage} {column.haplotype}" for column in columns)]]
    rows += [[name, *(one[name] or "–" for one in values)] for name in values[0]]
    yield sheet.paragraph("Quality metrics", sheet.heading)
    yield sheet.table(rows, widths=[100, *[min(105, 420 / len(columns))] * len(columns)])
    for line in _busco_lines(columns):
        yield sheet.paragraph(line, sheet.small)
    bounds = [f"{c.stage} {c.haplotype}" for c in columns if c.kmers and c.kmers["qv_is_lower_bound"]]
    if bounds:
        yield sheet.paragraph(f"The QV is a lower bound: {', '.join(bounds)}", sheet.small)


def _images(ear: Ear, sheet: _Sheet, folder: Path, spectra: Sequence[Path]) -> Iterator[Any]:
    from reportlab.platypus import Table

    yield sheet.paragraph("K-mer spectra of the curated assembly", sheet.heading)
    if not spectra:
        yield sheet.paragraph("Without k-mers of each haplotype, at most two, there are none.")
    for pair in filter(None, (spectra[:2], spectra[2:])):
        yield Table([[sheet.image(path, 255, 212) for path in pair]], hAlign="LEFT")
    for key in IMAGES:
        yield sheet.paragraph(CAPTIONS[key], sheet.heading)
        for haplotype, given in ear.fields["IMAGES"].items():
            if is_missing(given[key]):
                yield sheet.paragraph(f"{haplotype}: the image is missing")
            else:
                yield sheet.image(folder / given[key], 420, 320)
                yield sheet.paragraph(haplotype)
            if key == "hic_FullMap_png":
                yield sheet.paragraph(f"{haplotype}, link: {_shown(given['hic_FullMap_link'])}")


def _methods(ear: Ear, sheet: _Sheet) -> Iterator[Any]:
    fields = ear.fields
    coverage = [(name, value) for entry in fields["DATA"] for name, value in entry.items()]
    yield sheet.paragraph("Data", sheet.heading)
    if coverage:
        rows = [
            ["Data", *(name for name, _ in coverage)],
            ["Coverage", *(value or "NA" for _, value in coverage)],
        ]
        yield sheet.table(rows, widths=[80] * len(rows[0]))
    else:
        yield sheet.paragraph(f"No reads of {', '.join(DATA.values())} among the records")
    for part in ("Assembly", "Curation"):
        yield sheet.paragraph(f"{part} tools", sheet.heading)
        for line in _tools(fields["PIPELINES"][part]):
            yield sheet.paragraph(line)
    yield sheet.paragraph("Submitter", sheet.heading)
    yield sheet.paragraph(f"{_shown(fields['Submitter'])}, {_shown(fields['Affiliation'])}")
    if ear.missing:
        yield sheet.paragraph("Missing in this report", sheet.heading)
        yield sheet.table([["Item", "What to give"], *ear.missing], widths=[190, 330])


def write_pdf(ear: Ear, path: Path, folder: Path, spectra: Sequence[Path] = ()) -> list[str]:
    """Draw the EAR as PDF (A4), with images of `spectra`; a person's images are relative to `folder`.

    Returns the letters that the font lacks. Raises InputError for a file that is not an image.
    """
    from reportlab.lib.pagesizes import A4
    from reportlab.platypus import PageBreak, SimpleDocTemplate

    def number_page(canvas: Any, document: Any) -> None:
        canvas.setFont("Text", 7)
        canvas.drawRightString(A4[0] - 36, 22, f"{ear.id} · page {document.page}")

    sheet = _Sheet()
    blocks = [*_front(ear, sheet), PageBreak(), *_quality(ear, sheet)]
    if _of(ear, CURATED):
        blocks += [PageBreak(), *_images(ear, sheet, folder, spectra)]
    blocks += [PageBreak(), *_methods(ear, sheet)]
    with complete_path(path) as partial:
        document = SimpleDocTemplate(
            str(partial), pagesize=A4, leftMargin=36, rightMargin=36, topMargin=36, bottomMargin=40,
            title=f"EAR of {ear.id}", author=str(_shown(ear.fields["Submitter"])),
        )  # fmt: skip
        document.build(blocks, onFirstPage=number_page, onLaterPages=number_page)
    return list(sheet.lacking)
