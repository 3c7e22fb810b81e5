// Counts the effects of coding variants on proteins, by sample.
process GENETIC_LOAD {
    ext(code: { Code.hash(projectDir, 'csq_genes.py', 'genetic_load.py') })

    input:
    tuple path(variants), path(index)                                // [bcf, csi]
    path samples
    tuple path(fasta), path(fai)
    path gff

    output:
    path("load.tsv", emit: table)
    path("load_sites.tsv", emit: sites)
    path("genetic_load.json", emit: metrics)
    tuple(val(task.process), eval("tool_versions.sh GENETIC_LOAD"), emit: versions)

    script:
    """
    # ${task.ext.code}
    csq_genes.py ${gff} --out genes.gff3
    bcftools query -l ${variants} > columns.txt
    bcftools view -f PASS,. -Ou ${variants} | bcftools filter -S . -e 'FMT/FT!="PASS"' -Ou \
        | bcftools csq --local-csq --phase a -f ${fasta} -g genes.gff3 -Ou 2> csq.log \
        | bcftools query -f '%CHROM\t%POS\t%REF\t%ALT\t%INFO/BCSQ[\t%GT]\n' \
        | genetic_load.py --columns columns.txt --samples ${samples} --table load.tsv --sites load_sites.tsv --out genetic_load.json || { cat csq.log >&2; exit 1; }
    """

    stub:
    """
    touch load.tsv load_sites.tsv
    echo '{"id": "popgen", "step": "genetic_load"}' > genetic_load.json
    """
}
