#!/bin/sh
# Prints the figures of the README's tables. Each line is min-of-several where it matters;
# quote medians, and run on a machine that does nothing else.
set -eu
go=${GO:-go}
tags="-tags migrated_fynedo,no_emoji"
bench() { $go test $tags -run '^$' -bench "$1" -benchtime "${3:-1s}" "$2" | grep -E '^Benchmark|FAIL' || true; }
echo "== canvas: view of 1600x1000, commit, undo"
bench . ./canvas/render/
bench . ./canvas/
bench . ./tools/...
echo "== journal: what a stroke's commit costs the window's goroutine"
bench CommitWithJournal ./app/keeping/ 1000x
echo "== content-aware fill and outpaint, region arithmetic"
bench . ./pipeline/infill/ 3x
bench . ./pipeline/region/
echo "== open a 24 MP JPEG to the first frame; memory of the window"
bench Open24MP ./app/ui/ 5x
$go test $tags -run TestMemory -v ./app | grep -E 'resident|above|FAIL|SKIP' || true
echo "== the engine's process: cost of a step and of a 1024x1024 result, start of a child"
bench . ./app/engine/ 20x
echo "== project file: ten layers of 4096x4096 saved in full, saved after one changed, opened"
bench Project4k ./app/keeping/ 3x
echo "== diffusion, full-size pseudo-random SD 1.5"
bench . ./pipeline/ 1x
bench . ./pipeline/ort/ 1x
