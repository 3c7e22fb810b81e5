// Functions for all workflows. This file has no processes, because the engine compiles it again for every file that includes it.

// Runs a script of bin/ on the head, outside tasks; returns its exit code, standard output and standard error.
def runOnHead(List<String> command) {
    def out = new StringBuilder()
    def err = new StringBuilder()
    def python = ["${projectDir}/bin/head_python.sh", "${workflow.containerEngine ?: ''}", "${params.image ?: ''}", '-B']
    def script = (python + ["${projectDir}/bin/${command.head()}"] + command.tail()).execute()
    script.waitForProcessOutput(out, err)
    return [exit: script.exitValue(), printed: out.toString(), complaint: err.toString().trim()]
}

// The standard output of a script of bin/, run on the head; if it fails, its message stops the run.
def onHead(List<String> command) {
    def answer = runOnHead(command)
    if (answer.exit != 0) {
        error(answer.complaint)
    }
    if (answer.complaint) {
        log.warn(answer.complaint)
    }
    return answer.printed
}

// The items of a comma-separated parameter.
def words(String list) {
    return list.tokenize(',').collect { word -> word.trim() }
}

// One value of a metrics record.
def metric(record, String key) {
    return new groovy.json.JsonSlurper().parseText(record.text)[key]
}
