include { scanSites } from './linnaea/popgen/scan.nf'

// The gVCF of one sample: likelihoods at sites with a second base, and blocks of similar depth between them. It is made once per sample,
// and does not change if samples are added. The depth bounds of the blocks begin at the sample's callable depth, and are close where
// depth affects the likelihood of a homozygote. The sample is named after the file, not after read groups. Sequences are processed in
// parallel, each as a whole, so the result does not depend on the number of cores.
process BCFTOOLS_GVCF {
    tag "${meta.sample}"

    input:
    tuple val(meta), path(bam, stageAs: 'alignment/*'), path(index, stageAs: 'alignment/*'), val(min_depth), val(max_depth)   // [meta, bam, csi, x, x]
    tuple path(fasta), path(fai)
    tuple val(min_mapq), val(min_base_quality)

    output:
    tuple(val(meta), path("${meta.sample}.g.bcf"), path("${meta.sample}.g.bcf.csi"), emit: gvcf)
    tuple(val(task.process), eval("tool_versions.sh BCFTOOLS_GVCF"), emit: versions)

    script:
    def bounds = ([min_depth, max_depth + 1] + ((2..10) + [13, 17, 22, 30]).findAll { depth -> depth > min_depth && depth <= max_depth }).sort().join(',')
    """
    ln -s ${bam} ${meta.sample}
    ln -s ${index} ${meta.sample}.csi
    mkdir parts
    awk '{ printf "%s\\t0\\t%d\\n", \$1, \$2 > sprintf("parts/%06d.bed", NR) }' ${fai}
    ls parts/*.bed | xargs -P ${task.cpus} -I{} bash -euo pipefail -c '
        bcftools mpileup --ignore-RG -f ${fasta} -R {} -q ${min_mapq} -Q ${min_base_quality} --max-depth ${Math.max(250, 4 * max_depth)} -a AD,DP -g ${bounds} -Ob -o {}.bcf ${meta.sample} 2> {}.log || { cat {}.log >&2; exit 255; }'
    ls parts/*.bcf > parts.txt
    bcftools concat -n -f parts.txt -o ${meta.sample}.g.bcf 2> concat.log || { cat concat.log >&2; exit 1; }
    bcftools index -c ${meta.sample}.g.bcf
    rm -r parts
    """

    stub:
    "touch ${meta.sample}.g.bcf ${meta.sample}.g.bcf.csi"
}

// Calls all samples jointly in one region, at every site. The sites of deep samples go straight into the scan; of sites without a variant
// only the counts are kept (with --keep_all_sites, also the sites). If there are shallow samples, likelihoods at variants are kept as
// well; if all are shallow, only these.
process CALL_REGION {
    tag "${region.baseName}"
    ext(code: { Code.hash(projectDir, 'scan_sites.py') })

    input:
    path region                                                      // bed
    path gvcfs                                                       // folder of gVCFs and their indices
    tuple path(fasta), path(fai)
    tuple path(samples), path(windows), path(ploidy), path(sexes)    // [tsv, tsv, txt, txt]
    tuple path(included), path(excluded), path(compartments)         // [bed, bed, tsv]
    val options                                                      // of the scan
    val keep_all_sites

    output:
    tuple(val(region.baseName), path("${region.baseName}.npz"), emit: scan, optional: true)
    tuple(val(region.baseName), path("${region.baseName}.variants.bcf"), emit: variants, optional: true)
    path("${region.baseName}.likelihoods.bcf", emit: likelihoods, optional: true)
    path("${region.baseName}.all_sites.bcf", emit: all_sites, optional: true)
    tuple(val(task.process), eval("tool_versions.sh CALL_REGION"), emit: versions)

    script:
    """
    # ${task.ext.code}
    call() { call_region.sh ${region} ${gvcfs} ${fasta} ${fai} ${samples} ${ploidy} ${sexes} ${keep_all_sites ? "${region.baseName}.all_sites.bcf" : ''}; }
    if [ \$(wc -l < ${samples}) -gt 1 ]; then
        call | ${scanSites(region, samples, windows, [included: included, excluded: excluded, compartments: compartments], options + ' --joined-gvcfs')}
    else
        call > /dev/null
    fi
    """

    stub:
    "if [ \$(wc -l < ${samples}) -gt 1 ]; then touch ${region.baseName}.npz ${region.baseName}.variants.bcf; else touch ${region.baseName}.likelihoods.bcf; fi"
}
