#!/bin/sh
# Every stage of the recipe on tiny sizes, in a folder of its own: two minutes on two cores.
# Usage: smoke.sh   (PYTHON names an interpreter with numpy, torch, Pillow and matplotlib)
set -eu
cd "$(dirname "$0")"
PYTHON=${PYTHON:-python3}
PENTIMENTO_TRAIN_DIR=$(mktemp -d)
export PENTIMENTO_TRAIN_DIR
trap 'rm -rf "$PENTIMENTO_TRAIN_DIR"' EXIT
T=$PENTIMENTO_TRAIN_DIR
run() { echo "== $*"; "$PYTHON" "$@"; }

run test_world.py
run cache.py --shards 1 --per 24
run cache.py --set held --shards 1 --per 12
run bpe.py --captions 1500
run train_decoder.py --workers 1 --steps 3 --batch 2 --crop 32
run train_denoiser.py --workers 1 --steps 2 --batch 2
run train_denoiser.py --workers 2 --steps 4 --batch 2 --views half,crop,full   # resumes
run export.py "$T/starter.safetensors"
run check_export.py "$T/starter.safetensors"
(PENTIMENTO_TRAIN_DIR=$T/again; export PENTIMENTO_TRAIN_DIR; run continue_from.py "$T/starter.safetensors")
run eval_tasks.py "$T/eval" --tiny
run eval_classifier.py --seconds 4
run eval_paint.py "$T/eval" --steps 2
run eval_score.py "$T/eval"
run preview.py "$T/sheet.png" --steps 2 --size 64
run plot.py "$T/loss.png"
echo "smoke: every stage ran"
