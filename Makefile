.PHONY: setup image demo demo-popgen check test bench docs

# The tools that a Debian 12 or 13 machine lacks, .venv, and the Nextflow engine; nothing to do takes a second.
setup:
	@containers/setup.sh

# One image of all embedded tools, build/linnaea.tar.gz, for any container engine; again only when its lists changed.
image: setup
	@containers/image.sh

# Reads of the simulated species -> judged assembly -> judged genes; ends with the path of the report.
demo: setup
	@. .venv/bin/activate && { [ -e demo/annotation.yml ] || linnaea simulate --out demo; } \
		&& nextflow run . -profile demo --workflow assembly,annotation -resume \
		&& echo "The report: $$PWD/results/xxLinDemo1/report.html"

# Reads of simulated populations of that species -> genotypes -> statistics; ends with the path of the report.
demo-popgen: setup
	@. .venv/bin/activate && { [ -e demo/population/samples.csv ] || linnaea simulate --out demo --populations only; } \
		&& nextflow run . -profile demo --workflow popgen -resume \
		&& echo "The report: $$PWD/results/popgen/report.html"

# The quick part of the tests: nothing that starts the engine.
check:
	@containers/setup.sh test
	@. .venv/bin/activate && ruff check . && linnaea software --check && linnaea resources --check && linnaea docs --check \
		&& pytest -q tests/unit -m "not slow"

test:
	@containers/setup.sh test
	@. .venv/bin/activate && ruff check . && linnaea software --check && linnaea resources --check && linnaea docs --check && tests/run.sh

bench:
	@containers/setup.sh test
	@. .venv/bin/activate && python bench

# Files made from others: tool tables from containers/software.yml, resources.config from conf/resources.yml, docs from the
# schema and the list of outputs.
docs: setup
	@. .venv/bin/activate && linnaea software && linnaea resources && linnaea docs
