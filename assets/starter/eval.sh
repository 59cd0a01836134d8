#!/bin/sh
# The starter model's figures, through the program's own pipeline: makes the tasks, paints
# them, scores them, and leaves a contact sheet. Prints the table.
#
# Usage: eval.sh [DIR]   (build/starter-eval)
# QUICK=1 does about a tenth of the tasks. PENTIMENTO_STARTER names another model file than
# the one that is built in. PYTHON needs numpy, torch and Pillow. The judge of nouns is
# trained first where the training folder has none (five minutes).
set -eu

root=$(cd "$(dirname "$0")/../.." && pwd)
dir=${1:-$root/build/starter-eval}
train=$root/assets/starter/train
PYTHON=${PYTHON:-python3}

rm -rf "$dir"
mkdir -p "$dir"
dir=$(cd "$dir" && pwd)
home=${PENTIMENTO_TRAIN_DIR:-$HOME/.cache/pentimento-train}
[ -f "$home/judge.pt" ] || "$PYTHON" "$train/eval_classifier.py" --seconds "${JUDGE_SECONDS:-300}" >"$dir/judge.log"
"$PYTHON" "$train/eval_tasks.py" "$dir" ${QUICK:+--quick}
(cd "$root" && PENTIMENTO_STARTER_EVAL=$dir "${GO:-go}" test -tags migrated_fynedo -run '^TestStarterEvaluation$' -count=1 -timeout 4h ./app >"$dir/paint.log") || {
	cat "$dir/paint.log"
	exit 1
}
{
	cat "$dir/figures.txt"
	"$PYTHON" "$train/eval_score.py" "$dir"
} | tee "$dir/table.txt"
echo "contact sheet: $dir/sheet.png"
