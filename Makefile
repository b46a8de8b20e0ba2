# Two commands: make book, make test. Each needs only Python (3.11 to 3.14) and make.

THREADS ?= 1
VENV := .venv
ifeq ($(OS),Windows_NT)
PYTHON  ?= python
SCRIPTS := Scripts
else
PYTHON  ?= python3
SCRIPTS := bin
endif
BIN := $(VENV)/$(SCRIPTS)

CHAPTERS := $(wildcard chapters/*)
SOURCES  := $(CHAPTERS) $(wildcard _config.yml _toc.yml *.md references.bib nnlib/*.py nnlib/*/*.py \
            _ext/*.py _ext/*/* _ext/*/*/* _static/* _static/*/* live/* live/editor/*)

# What make test WITH="numpy==2.0.2" puts over the pins stands in .installed: with another WITH, install anew.
ifneq ($(strip $(WITH)),$(shell cat $(VENV)/.installed 2>/dev/null))
.PHONY: $(VENV)/.installed
endif

help:  ## this list
	@awk -F ':.*## ' '/^[a-z0-9]+:.*## / {printf "  make %-9s %s\n", $$1, $$2}' Makefile

book: _build/html/index.html  ## build the book: _build/html/index.html

pdf: _build/html/book.pdf  ## print the book, for paper and screen: _build/html/book.pdf; needs Chrome or Chromium

sheets: book $(VENV)/.pdf  ## print the sheets, a page a chapter: _build/html/sheets.pdf
	$(BIN)/python tools/make_sheets.py

epub: _build/html/book.epub  ## pack the book for a reader of paper's size: _build/html/book.epub

ifdef CHAPTER
NOTEBOOK := $(or $(wildcard chapters/$(CHAPTER)*.ipynb),$(error no notebook in chapters/ begins with $(CHAPTER)))
test: $(VENV)/.installed
	$(BIN)/ruff check $(NOTEBOOK)
	$(BIN)/python -m pytest --nbval $(NOTEBOOK) $(addprefix tests/test_,exercises.py notebooks.py quotations.py writing.py) -k "$(CHAPTER) or contents or public"
else
test: book  ## run every test: library, every cell of every chapter, pages; or of one chapter: make test CHAPTER=13
	$(BIN)/ruff check .
	$(BIN)/python -m pytest -n auto --nbval tests nnlib chapters
endif

bridges: $(VENV)/.bridges  ## install PyTorch, Keras and scikit-learn, for chapter 28 alone

live: book  ## run every chapter on its page, in every browser that is here: an hour
	LIVE_TESTS=all BROWSER_TESTS=required $(BIN)/python -m pytest tests/test_live.py tests/test_front.py $(ARGS)

execute: $(VENV)/.installed  ## execute every chapter again and store what it prints; or one: make execute CHAPTER=13
	$(BIN)/python tools/execute.py $(NOTEBOOK)

climb: $(VENV)/.installed  ## train what chapters 25 and 26 load: three hours; broken off, it goes on; or only NAMES=ladder
	OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/climb.py $(NAMES)
	$(if $(NAMES),,OPENBLAS_NUM_THREADS=1 $(BIN)/python tools/climb_convolution.py)

fast98: $(VENV)/.installed  ## learn to read 98 % of the test digits, in ten seconds on one core; or over SEEDS=5
	$(BIN)/python tools/fast98.py $(SEEDS)

address: $(VENV)/.installed  ## tell the buttons where the book lives: make address URL=https://github.com/…
	$(BIN)/python tools/set_address.py "$(URL)"

bench:  ## time nnlib against PyTorch and scikit-learn on MNIST, and reproducible arrays against plain ones
	$(PYTHON) -m venv benchmarks/.venv
	benchmarks/.venv/$(SCRIPTS)/python -m pip install -r benchmarks/requirements.txt
	OPENBLAS_NUM_THREADS=$(THREADS) OMP_NUM_THREADS=$(THREADS) benchmarks/.venv/$(SCRIPTS)/python benchmarks/mnist.py
	OPENBLAS_NUM_THREADS=$(THREADS) OMP_NUM_THREADS=$(THREADS) benchmarks/.venv/$(SCRIPTS)/python benchmarks/convolution.py
	OPENBLAS_NUM_THREADS=$(THREADS) benchmarks/.venv/$(SCRIPTS)/python benchmarks/spiral.py

mutants:  ## break nnlib in small ways and count what the unit tests notice: a night; run again, it goes on
	$(PYTHON) -m venv _build/mutants/.venv
	_build/mutants/.venv/$(SCRIPTS)/python -m pip install -r tools/mutants.txt
	_build/mutants/.venv/$(SCRIPTS)/python tools/mutants.py $(ARGS)

machines: $(VENV)/.installed  ## compare every number as if on other machines: an hour or more, ARGS=--continue goes on
	$(BIN)/python tools/machines.py $(ARGS)

lighthouse: book  ## measure every page, or PAGES=, with Lighthouse on its phone profile: needs npm and Chrome
	$(BIN)/python tools/lighthouse.py $(PAGES)

classroom: $(VENV)/.installed  ## rehearse a class on a JupyterHub of this machine: needs npm and Chrome; ARGS="--students 3"
	$(PYTHON) -m venv _build/classroom/.venv
	_build/classroom/.venv/$(SCRIPTS)/python -m pip install -r classroom/requirements.txt
	$(BIN)/python classroom/rehearse.py $(ARGS)

lock: $(VENV)/.installed  ## pin anew what the requirements need in turn: constraints.txt
	$(BIN)/python -m pip install --quiet uv
	{ echo "# What the requirements need in turn, for every Python and system: made by make lock."; \
	  sed '/^-/d; / @ /d' requirements.txt bridges.txt tools/pdf.txt | $(BIN)/uv pip compile --quiet --universal --fork-strategy fewest \
	  --python-version 3.11 --no-annotate --no-header - ; } > constraints.lock && mv constraints.lock constraints.txt

wheels: $(VENV)/.installed  ## look whether the pins have wheels for every Python and system
	$(BIN)/python -m pip install --quiet uv
	$(BIN)/python tools/wheels.py

release:  ## run all of these and stamp version and date where all are green: make release VERSION=2.1.0; a night
	$(PYTHON) tools/release.py "$(VERSION)" $(if $(ONLY),--only $(ONLY))

clean:  ## remove the environment and the built book
	rm -rf $(VENV) _build benchmarks/.venv

_build/html/index.html: $(VENV)/.installed $(SOURCES)
	$(BIN)/python tools/get_pyodide.py
	$(BIN)/jupyter-book build . -W -n --keep-going
	@touch $@

_build/html/book.pdf: _build/html/index.html $(VENV)/.pdf tools/make_pdf.py tools/check_pdf.py tools/print.css
	$(BIN)/python tools/make_pdf.py

_build/html/book.epub: _build/html/index.html $(VENV)/.pdf tools/make_epub.py tools/make_pdf.py tools/epub.css
	$(BIN)/python tools/make_epub.py

$(VENV)/.pdf: $(VENV)/.installed tools/pdf.txt
	$(BIN)/python -m pip install -r tools/pdf.txt
	@touch $@

$(VENV)/.installed: requirements.txt constraints.txt pyproject.toml
	@$(PYTHON) -c "import sys; sys.exit(not (3, 11) <= sys.version_info[:2] <= (3, 14) and 'expected Python 3.11 to 3.14, got ' \
	  + sys.version.split()[0] + '; name another: make PYTHON=python3.12')"
	@rm -f $@
	$(PYTHON) -m venv --clear $(VENV)
	$(BIN)/python -m pip install -r requirements.txt
	$(if $(WITH),$(BIN)/python -m pip install --upgrade $(WITH))
	@echo "$(strip $(WITH))" > $@

# Behind them once more what WITH puts over the pins, for these come under constraints.txt.
$(VENV)/.bridges: bridges.txt $(VENV)/.installed
	$(BIN)/python -m pip install -r bridges.txt
	$(if $(WITH),$(BIN)/python -m pip install --upgrade $(WITH))
	@touch $@

.PHONY: help book pdf sheets epub test bridges live execute climb fast98 address bench mutants machines lighthouse classroom lock wheels release clean
