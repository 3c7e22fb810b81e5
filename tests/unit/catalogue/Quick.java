// The places in the files given at which Groovy's parser gives up its quick mode (SLL), one a line, and starts anew in the slow one.
import groovyjarjarantlr4.v4.runtime.BailErrorStrategy;
import groovyjarjarantlr4.v4.runtime.CharStreams;
import groovyjarjarantlr4.v4.runtime.CommonTokenStream;
import groovyjarjarantlr4.v4.runtime.RecognitionException;
import groovyjarjarantlr4.v4.runtime.atn.PredictionMode;
import groovyjarjarantlr4.v4.runtime.misc.ParseCancellationException;
import java.nio.file.Files;
import java.nio.file.Path;
import org.apache.groovy.parser.antlr4.GroovyLangLexer;
import org.apache.groovy.parser.antlr4.GroovyLangParser;

public class Quick {
    public static void main(String[] files) throws Exception {
        for (var file : files) {
            var parser = new GroovyLangParser(new CommonTokenStream(new GroovyLangLexer(CharStreams.fromString(Files.readString(Path.of(file))))));
            parser.getInterpreter().setPredictionMode(PredictionMode.SLL);
            parser.setErrorHandler(new BailErrorStrategy());
            try {
                parser.compilationUnit();
            } catch (ParseCancellationException bailed) {
                var token = ((RecognitionException) bailed.getCause()).getOffendingToken();
                System.out.println(file + ":" + token.getLine() + ": " + token.getText());
            }
        }
    }
}
