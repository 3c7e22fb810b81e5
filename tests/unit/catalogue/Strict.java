// Faults that Nextflow's strict parsers of scripts and configs see in the files given, one a line; exit 1 when there are any.
import java.io.File;
import java.util.List;
import nextflow.config.control.ConfigParser;
import nextflow.script.control.ScriptParser;
import org.codehaus.groovy.control.messages.SyntaxErrorMessage;

public class Strict {
    public static void main(String[] files) {
        var config = new ConfigParser();
        var script = new ScriptParser();
        for (var file : files) {
            if (file.endsWith(".nf")) script.parse(new File(file));
            else config.parse(new File(file));
        }
        config.analyze();
        script.analyze();
        var faults = 0;
        for (var compiler : List.of(config.compiler(), script.compiler())) {
            for (var source : compiler.getSources().values()) {
                var errors = source.getErrorCollector().getErrors();
                for (var error : errors == null ? List.of() : errors) {
                    if (error instanceof SyntaxErrorMessage message) {
                        var cause = message.getCause();
                        System.out.println(source.getName() + ":" + cause.getStartLine() + ": " + cause.getOriginalMessage());
                        faults++;
                    }
                }
            }
        }
        System.exit(faults > 0 ? 1 : 0);
    }
}
