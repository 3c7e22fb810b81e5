// One task for each row of a table of requests: what a site makes of them is in the headers of its jobs.
process PROBE {
    tag "${name}"
    cpus { cpus }
    memory { memory }
    time { time }

    input:
    tuple val(name), val(cpus), val(memory), val(time)

    script:
    'true'
}

process GPU_PROBE {
    accelerator 1
    cpus 8
    memory '60 GB'
    time '12 h'

    script:
    'true'
}

workflow {
    PROBE(channel.fromPath(params.requests).splitCsv(header: true, sep: '\t').map { row -> [row.request, row.cpus as int, row.memory as nextflow.util.MemoryUnit, row.time as nextflow.util.Duration] })
    GPU_PROBE()
}
