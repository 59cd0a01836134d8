# Two commands are enough: `make run` and `make test`. `make help` lists the others.
GO     ?= go
PYTHON ?= python3
# Fyne's tags: the first drops a check of goroutine identity in every refresh (6–15 µs each),
# the second its own emoji font, which every style of text would hold once more (20 MB of an
# empty window; the system's emoji are used).
TAGS   := -tags migrated_fynedo,no_emoji
BIN    := bin/pentimento
# The ONNX Runtime that goes into packages and installations.
ORT    := build/ort$(if $(GPU),-$(GPU))

MINGW  := x86_64-w64-mingw32-gcc

# Rooms that need cgo, two of them a display too, and all others.
NATIVE := ./app ./app/ui ./app/gpubench ./pipeline/ort
PURE    = $(filter-out $(NATIVE:./%=pentimento/%),$(shell $(GO) list ./...))

# `make run FILE="a.png b.png"` or `make run a.png`.
ifeq (run,$(firstword $(MAKECMDGOALS)))
FILES := $(FILE) $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS))
$(eval $(wordlist 2,$(words $(MAKECMDGOALS)),$(MAKECMDGOALS)):;@:)
endif

.PHONY: help run build build-cli test check guard bench gpu-bench proof golden fuzz native vocab package deb package-windows package-macos test-windows man install reference starter-eval starter-sheet lean-bench starter-smoke packages-build packages-test clean

help:
	@grep -E '^[a-z-]+:.*##' $(MAKEFILE_LIST) | sed 's/:.*##/ —/'

run: packages-build ## build and open the window (headless sample job without a display)
	@$(MAKE) -s native vocab || echo "note: diffusion lacks its library or vocabulary (see above); everything else works"
	@$(MAKE) -s build
	$(BIN) $(FILES)

build: ## compile bin/pentimento
	@mkdir -p bin
	$(GO) build $(TAGS) -o $(BIN) ./app

build-cli: ## compile bin/pentimento-cli: the verbs alone, without X11, OpenGL and GTK, for servers
	@mkdir -p bin
	$(GO) build -tags headless -o bin/pentimento-cli ./app

test: packages-test native vocab guard build ## every test there is, the window under Xvfb included, and what check guards
	$(GO) vet $(TAGS) ./...
	$(GO) vet -tags headless ./app/headless.go ./app/console_other.go ./app/main.go ./app/engine.go ./app/meta.go
	@if command -v $(MINGW) >/dev/null; then echo "the verbs and the networks' room for Windows"; GOOS=windows CGO_ENABLED=1 CC=$(MINGW) $(GO) build -tags headless -o /dev/null ./app; fi
	@GO="$(GO)" bash .ci/pure.sh $(PURE)
	LANG=en_US.UTF-8 LIBGL_ALWAYS_SOFTWARE=1 $(GO) test $(TAGS) -p 1 -timeout 40m $(NATIVE)

check: vocab guard ## gofmt, vet, staticcheck, import rule, quick tests of the rooms without cgo
	CGO_ENABLED=0 $(GO) test -short $(PURE)

guard:
	@out=$$(gofmt -l app assets canvas fault pipeline tools); [ -z "$$out" ] || { echo "gofmt: $$out"; exit 1; }
	CGO_ENABLED=0 $(GO) vet $(PURE)
	GOOS=windows CGO_ENABLED=0 $(GO) vet $(PURE)
	GOOS=darwin CGO_ENABLED=0 $(GO) vet $(PURE)
	CGO_ENABLED=0 $(GO) tool staticcheck $(PURE)

bench: build ## the figures of the README's tables
	@sh .ci/bench.sh

DEVICE ?= webgpu
gpu-bench: native vocab build-cli ## SD 1.5 and SDXL at full size on a card, in 8 minutes, as JSON: make gpu-bench DEVICE=webgpu|cuda|directml
	$(if $(GPU),PENTIMENTO_ONNXRUNTIME=$(ORT) )$(GO) run ./app/gpubench -device $(DEVICE) -python $(PYTHON) $(if $(NETS),-nets $(NETS))

proof: packages-test native vocab build ## kill -9: the program 300 times (15 in the window), the engine 100 times
	PENTIMENTO_KILLS=285 $(GO) test ./app/keeping -run TestKilledAtRandomInstants -v -count=1 -timeout 60m
	PENTIMENTO_WINDOW_KILLS=15 LANG=en_US.UTF-8 LIBGL_ALWAYS_SOFTWARE=1 $(GO) test $(TAGS) ./app -run TestKilledInTheRealWindow -v -count=1 -timeout 60m
	PENTIMENTO_KILLS=100 $(GO) test $(TAGS) ./app -run TestKilledEngine -v -count=1 -timeout 60m

# The model of 4.3 GB is written to a temporary folder once for both tests, and removed.
reference: native vocab ## SD 1.5 in full size against its references: minutes, 4.3 GB of disk
	@dir=$$(mktemp -d) && trap 'rm -rf "$$dir"' EXIT && trap 'exit 1' INT TERM && mkdir "$$dir/F32" && \
	PENTIMENTO_REFERENCE="$$dir/F32" PENTIMENTO_BENCH_DIR="$$dir" $(GO) test -p 1 ./pipeline/unet ./pipeline -run FullSize -v -count=1 -timeout 60m

golden: ## rewrite reference images and the catalogue of texts
	PENTIMENTO_GOLDEN=1 $(GO) test $(TAGS) ./canvas/... ./tools/... ./app/ui/... ./app/words

# FUZZTIME each (10 s unless said), PAR at once; ONLY chooses by a regular expression.
fuzz: ## every fuzz target there is, one after another: make fuzz FUZZTIME=10m
	@GO="$(GO)" FUZZTIME="$(FUZZTIME)" PAR="$(PAR)" ONLY="$(ONLY)" sh .ci/fuzz.sh

native: ## fetch ONNX Runtime (pinned, hashed) into build/ort; GPU=cuda: one with CUDA into build/ort-cuda
	@PENTIMENTO_ORT_GPU="$(GPU)" sh pipeline/ort/fetch.sh
	@[ -z "$(GPU)" ] || echo "to use it: PENTIMENTO_ONNXRUNTIME=$(CURDIR)/$(ORT), or make install GPU=$(GPU)"

vocab: ## fetch the CLIP vocabulary (pinned, hashed) into assets/vocab
	@sh assets/vocab.sh

package: native vocab build ## build/pentimento.tar.gz: the binary with the native library beside it
	rm -rf build/pentimento && mkdir -p build/pentimento
	cp $(BIN) LICENSE assets/icon.png build/pentimento/
	cp -L $(ORT)/libonnxruntime* build/pentimento/
	GO="$(GO)" sh .ci/licences.sh $(TAGS) >build/pentimento/THIRD-PARTY.txt
	tar -C build -czf build/pentimento.tar.gz pentimento

deb: native vocab build build-cli man ## build/*.deb: the program with its window, and the verbs alone for servers, tried unpacked
	@GO="$(GO)" sh .ci/deb.sh $(ORT)

package-windows: ## build/pentimento-windows-x64.zip, by mingw-w64: programs, ONNX Runtime with DirectML, notices
	@GO="$(GO)" bash .ci/windows.sh package

package-macos: native vocab build ## build/Pentimento-macos.zip, on a Mac, by Fyne's tool; untried
	@GO="$(GO)" sh .ci/macos.sh $(ORT)

test-windows: native vocab build-cli ## the Windows program under wine, pixel for pixel against Linux; QUICK=1 without the rooms' tests
	@GO="$(GO)" PURE="$(PURE)" bash .ci/windows.sh test

# The binary lies next to the native library, which it looks for there; bin/ has a link to it.
# The system's lists of types and programs are only refreshed where DESTDIR is empty.
PREFIX  ?= /usr/local
SHARE    = $(DESTDIR)$(PREFIX)/share
PRIVATE  = $(DESTDIR)$(PREFIX)/lib/pentimento
ID      := org.pentimento.Pentimento

man: build ## build/pentimento.1: the manual page, from the table of verbs
	@mkdir -p build
	$(BIN) man > build/pentimento.1

install: build man ## the program, its manual, completions, desktop entry: make install PREFIX=~/.local (DESTDIR for packages)
	install -d $(PRIVATE) $(DESTDIR)$(PREFIX)/bin
	install -m 755 $(BIN) $(PRIVATE)/pentimento
	for f in $(ORT)/libonnxruntime*; do [ ! -e "$$f" ] || install -m 644 "$$f" $(PRIVATE)/; done
	ln -sf ../lib/pentimento/pentimento $(DESTDIR)$(PREFIX)/bin/pentimento
	install -D -m 644 build/pentimento.1 $(SHARE)/man/man1/pentimento.1
	install -D -m 644 assets/icon.png $(SHARE)/icons/hicolor/256x256/apps/$(ID).png
	install -D -m 644 assets/desktop/$(ID).desktop $(SHARE)/applications/$(ID).desktop
	install -D -m 644 assets/desktop/$(ID).xml $(SHARE)/mime/packages/$(ID).xml
	install -d $(SHARE)/bash-completion/completions $(SHARE)/zsh/site-functions $(SHARE)/fish/vendor_completions.d
	$(BIN) completion bash > $(SHARE)/bash-completion/completions/pentimento
	$(BIN) completion zsh > $(SHARE)/zsh/site-functions/_pentimento
	$(BIN) completion fish > $(SHARE)/fish/vendor_completions.d/pentimento.fish
	[ -n "$(DESTDIR)" ] || update-mime-database $(SHARE)/mime || true
	[ -n "$(DESTDIR)" ] || update-desktop-database $(SHARE)/applications || true

starter-eval: native vocab ## paint, score and show the starter model's tasks (QUICK=1: a tenth of them; STEPS=20 FASTER=1: so)
	@PYTHON="$(PYTHON)" GO="$(GO)" PENTIMENTO_STARTER_STEPS="$(STEPS)" PENTIMENTO_STARTER_FASTER="$(FASTER)" sh assets/starter/eval.sh

starter-sheet: native vocab build ## assets/readme/starter-sheet.jpg: the prompts of assets/starter/sheet.txt, seed 1, not picked
	$(GO) run ./assets/starter/sheet $(BIN) assets/readme/starter-sheet.jpg

PROMPTS ?= 64
LEAN_JUDGE = $(PYTHON) -c 'import torch, numpy, PIL' 2>/dev/null
lean-bench: native ## what fewer evaluations lose, painted by the Starter and judged: a table and contact sheets in build/lean-bench
	@rm -rf build/lean-bench && mkdir -p build/lean-bench
	@$(LEAN_JUDGE) || echo "nobody judges the pictures: $(PYTHON) has no PyTorch, numpy or Pillow (PYTHON names one that has)"
	@PENTIMENTO_LEAN_JUDGE="$$($(LEAN_JUDGE) && echo "$(PYTHON)")" PENTIMENTO_LEAN_BENCH="$(CURDIR)/build/lean-bench" PENTIMENTO_LEAN_PROMPTS=$(PROMPTS) PENTIMENTO_LEAN_ONLY="$(ONLY)" $(GO) test $(TAGS) ./app -run '^TestLeanBench$$' -count=1 -timeout 6h
	@cat build/lean-bench/table.md

starter-smoke: ## every training stage of the starter model on tiny sizes, two minutes
	@PYTHON="$(PYTHON)" sh assets/starter/train/smoke.sh

packages-build:
	@sh .ci/packages.sh build

packages-test:
	@sh .ci/packages.sh test

clean:
	rm -rf bin build shots
