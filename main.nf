include { ASSEMBLY } from './workflows/assembly.nf'
include { onHead } from './modules/linnaea.nf'

// Genomes of the input as [meta, record]; everything wrong with the input stops the run here, listed together.
def checkedGenomes() {
    def parameters = groovy.json.JsonOutput.toJson(params)
    def checked = new groovy.json.JsonSlurperClassic().parseText(
        onHead(['check_input.py', '--input', "${params.input}", '--workflow', "${params.workflow}", '--steps', "${params.steps}",
            '--outdir', "${params.outdir}", '--assembler', "${params.assembler}", '--parameters', parameters] + (params.check_tools ? ['--check-tools'] : []))
    )
    return checked.genomes.collect { record ->
        def facts = ['id', 'name', 'ploidy', 'haploid_number', 'sex', 'telomere_motif', 'genome_size_bp'].collectEntries { key -> [key, record[key]] }
        [facts + [format: record.hifi.any { library -> library.format == 'fasta' } ? 'fasta' : 'fastq'], record]
    }
}

workflow {
    main:
    if (params.help) {
        println(onHead(['parameter_help.py']))
    }
    else {
        ASSEMBLY(channel.fromList(checkedGenomes()), params.steps.tokenize(','))
    }

    // what the handler reads is named here: inside it neither `params` nor `workflow` resolves in every release
    def session = workflow
    def outdir = params.help ? null : params.outdir
    workflow.onComplete {
        if (outdir && session.success) {
            finishRun(['finish_run.py', '--outdir', "${outdir}"])
        }
    }
}

// Index and reports' paths; a task that lost a child process to memory unseen makes the run a failed one.
def finishRun(command) {
    try {
        println(onHead(command))
    }
    catch (Exception complaint) {
        System.err.println("ERROR ~ ${complaint.message}")
        System.exit(1)
    }
}
