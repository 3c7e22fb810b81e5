"""Blocks of sites and files made from tree sequences or arrays, for tests of population statistics."""

from itertools import pairwise

import numpy as np
import pysam

from linnaea.population.blocks import BASES, NO_BASE, SiteBlock


def site_block(genotypes, position=None, chromosome="chr1", alleles=None, passed=None):
    """A block of (n, m, 2) genotypes; every row is an A/C site unless `alleles` (n, 4) says otherwise."""
    genotypes = np.asarray(genotypes, np.int8)
    n = len(genotypes)
    if alleles is None:
        alleles = np.tile(np.array([0, 1, NO_BASE, NO_BASE], np.uint8), (n, 1))
    return SiteBlock(
        chromosome=chromosome,
        position=np.arange(1, n + 1) if position is None else np.asarray(position, np.int64),
        alleles=np.asarray(alleles, np.uint8),
        snv=np.ones(n, bool),
        genotypes=genotypes,
        quality=np.full(n, 50, np.float32),
        passed=np.ones(n, bool) if passed is None else np.asarray(passed, bool),
    )


def tree_genotypes(ts):
    """(sites, individuals, 2) genotypes of a tree sequence, and 1-based positions."""
    haplotypes = ts.genotype_matrix()
    nodes = np.array(
        [individual.nodes for individual in ts.individuals() if ts.node(individual.nodes[0]).is_sample()]
    )
    order = {node: column for column, node in enumerate(ts.samples())}
    columns = np.vectorize(order.get)(nodes)
    return haplotypes[:, columns].astype(np.int8), ts.tables.sites.position.astype(np.int64) + 1


def split_blocks(block, *cuts):
    """The same sites in several blocks."""
    edges = [0, *cuts, len(block.position)]
    for start, end in pairwise(edges):
        rows = slice(start, end)
        yield SiteBlock(
            block.chromosome,
            block.position[rows],
            block.alleles[rows],
            block.snv[rows],
            block.genotypes[rows],
            block.quality[rows],
            block.passed[rows],
        )


def write_vcf(path, samples, blocks, lengths):
    """A plain VCF of GT only."""
    with open(path, "w") as out:  # noqa: PTH123
        out.write("##fileformat=VCFv4.2\n##FILTER=<ID=PASS,Description=x>\n")
        for name, length in lengths.items():
            out.write(f"##contig=<ID={name},length={length}>\n")
        out.write('##FORMAT=<ID=GT,Number=1,Type=String,Description="Genotype">\n')
        out.write(
            "\t".join(["#CHROM POS ID REF ALT QUAL FILTER INFO FORMAT".replace(" ", "\t"), *samples]) + "\n"
        )
        for block in blocks:
            for row in range(len(block.position)):
                bases = [chr(BASES[code]) for code in block.alleles[row] if code != NO_BASE]
                calls = [
                    "/".join("." if allele == -1 else str(allele) for allele in call if allele != -2)
                    for call in block.genotypes[row].tolist()
                ]
                fields = [
                    block.chromosome,
                    str(block.position[row]),
                    ".",
                    bases[0],
                    ",".join(bases[1:]) or ".",
                ]
                out.write("\t".join([*fields, "50", "PASS", ".", "GT", *calls]) + "\n")


def read_vcf(path):
    """Samples and one block a chromosome, by an independent reader."""
    blocks = []
    with pysam.VariantFile(str(path)) as file:
        samples = list(file.header.samples)
        for name in file.header.contigs:
            rows = []
            for record in pysam.VariantFile(str(path)):
                if record.chrom == name:
                    rows.append(record)
            if rows:
                codes = [["ACGT".index(base) for base in record.alleles] for record in rows]
                blocks.append(
                    site_block(
                        [
                            [
                                [-1 if allele is None else allele for allele in call["GT"]]
                                for call in record.samples.values()
                            ]
                            for record in rows
                        ],
                        [record.pos for record in rows],
                        name,
                        [code + [NO_BASE] * (4 - len(code)) for code in codes],
                    )
                )
    return samples, blocks
