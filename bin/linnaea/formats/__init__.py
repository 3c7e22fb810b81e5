"""Readers and writers of file formats: sequences, reads, GFF3 and GTF, gene models, reports of tools."""
