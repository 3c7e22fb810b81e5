import java.nio.file.Files
import java.nio.file.Path
import java.security.MessageDigest
import java.util.concurrent.ConcurrentHashMap

// Hashes of the code behind a step. The engine's cache key holds the script of a task and the scripts of bin/ that it names, not the
// modules which these import nor the assets they read. A process names the hash, `task.ext.code`, in its script; that brings it into
// the key, so a task runs again when any of this code changes. A class, as it is compiled once, whatever the number of modules.
class Code {
    private static final Map<String, String> HASHES = new ConcurrentHashMap<>()

    // The digest of scripts, computed once a run.
    static String hash(Path project, String... scripts) {
        return HASHES.computeIfAbsent(scripts.join(' ')) { digest(project, scripts) }
    }

    // Twelve digits of the SHA-256 of scripts of bin/, the package's modules that they import, directly or through each other, and
    // the assets that these read.
    static String digest(Path project, String... scripts) {
        def bin = project.resolve('bin')
        def executables = scripts.collect { name -> bin.resolve(name) }
        def modules = imported(bin, executables, []).sort().collectMany { name -> files(bin, name) }
        def sha = MessageDigest.getInstance('SHA-256')
        (executables + modules + assets(project, executables + modules)).each { file -> sha.update(Files.readAllBytes(file)) }
        return sha.digest().encodeHex().toString().take(12)
    }

    // Dotted names of the package's modules that these sources import.
    private static List<String> imported(Path bin, List<Path> sources, List<String> known) {
        def named = sources
            .collectMany { source ->
                source.text.findAll(/(?:from|import) (linnaea[\w.]*)(?: import (\([^)]*\)|[^\n]*))?/) { whole, module, names ->
                    [module] + (names ?: '').tokenize('(), \n').collect { name -> "${module}.${name}".toString() }
                }.flatten()
            }
            .findAll { name -> files(bin, name) }
            .unique() - known
        return named ? imported(bin, named.collectMany { name -> files(bin, name) }, known + named) : known
    }

    // The file of a module; none where the name is that of a thing in a module.
    private static List<Path> files(Path bin, String name) {
        def path = name.replace('.', '/')
        return [bin.resolve("${path}.py".toString()), bin.resolve("${path}/__init__.py".toString())].findAll { file -> Files.exists(file) }
    }

    // The assets that these sources name in calls of the package's asset(): files, or all files of a folder.
    private static List<Path> assets(Path project, List<Path> sources) {
        return sources
            .collectMany { source -> source.text.findAll(/\basset\("([^"]+)"\)/) { whole, name -> name } }
            .unique()
            .sort()
            .collect { name -> project.resolve("assets/${name}".toString()) }
            .collectMany { asset -> Files.isDirectory(asset) ? Files.list(asset).toList().toSorted { part -> part.fileName.toString() } : [asset] }
    }
}
