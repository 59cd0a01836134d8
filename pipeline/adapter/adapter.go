// Package adapter changes the weights of a network by the small files that people train for
// it, such as LoRA. Open reads a file, Over gives a network's builder the changed weights;
// the files themselves, and the weights that no adapter speaks of, stay as they are.
//
// # A kind of adapter in an hour
//
// A kind is one file (ia3.go is a short one) and one row in Kinds:
//
//  1. Marks: the files' keys are MODULE.KEY, as in "lora_unet_…_to_q.lora_up.weight". List
//     the keys that only modules of your kind have; any of them tells the kind. With each
//     stands which of the module's tensors it changes, by the ends of their names: ".weight",
//     ".bias"; "" is all. One file may hold modules of several kinds, and one module may be
//     changed by two kinds, such as its weight by one and its bias by another.
//  2. Keys: what your kind reads beside them and shares with others, such as alpha. A key of
//     the file that no kind of its module lists is an error, because it would be left out
//     silently. A key without a module speaks of every weight of the denoiser and the text
//     encoders; no adapter reaches the autoencoder.
//  3. Fits: whether the shapes of the adapter's tensors suit that of a weight. It is asked
//     before a run begins, and again before each Delta, which need not check them. Shapes come
//     from a file that may be broken: look at them through shape and Need.
//  4. Delta: what a weight changes by at strength 1. It is handed the module's tensors and
//     the weight as the model has it, all in float32; a zero Delta leaves the weight alone.
//     A Blind kind's does without the weight's values: it is merged while they are read.
//     A kind that lists dora_scale has nothing else to do for it.
//
// All else is here: which weight a module is (names.go), other spellings of the same keys
// (spelling.go), strengths, sums, types, threads. Test it as kinds_test.go does by a row of
// testdata/kinds.json: the changes of single weights.
//
// Decisions:
// 2026-11-27: deltas are of the model's own weights and are summed, so that the order of
// adapters changes rounding at most.
// 2026-11-28: of kinds that are Blind the values are read, widened and changed a few rows at a
// time, in the processor's caches: a third less work, and the same bits as all at once.
// 2026-11-27: merged weights are float32, whatever the model's type, and are handed to the
// runtime in memory: twice the size of fp16 for the weights that change. A copy stays while
// the network is open, because its packed form is made of it.
// 2026-11-27: a network is merged again when a strength changes. Keeping the deltas would
// cost as much memory as the weights.
// 2026-11-28: a change at strength s is s times that at 1, for every kind. Trainers define
// some otherwise (DoRA's norm, OFT's rotation between strengths), programs disagree; so the
// numbers of people's recipes mean what they mean in A1111.
package adapter

import (
	"maps"
	"slices"
	"strings"
)

// Kind is a kind of adapter; its fields are explained above.
type Kind struct {
	Name  string
	Marks map[string]string
	Keys  []string
	Blind bool                           // Delta does not look at the weight's values, which it then is not given
	Fits  func(m Module, w Tensor) error // w without values; nil: anything fits
	Delta func(m Module, w Tensor) (Delta, error)
}

// Delta is what a weight changes by: Values in its order, or else the product of Up
// [rows, rank] and Down [rank, rest], rows being the weight's first axis. Zero: by nothing.
type Delta struct{ Values, Up, Down []float32 }

// Kinds are the kinds that Open knows.
var Kinds = []Kind{lora, loha, lokr, glora, ia3, oft, full, norm}

// of says whether a module is of the kind.
func (k Kind) of(m Module) bool {
	for mark := range k.Marks {
		if m.Has(mark) {
			return true
		}
	}
	return false
}

// changes says whether the kind changes a tensor of that name by what the module has.
func (k Kind) changes(m Module, name string) bool {
	for mark, end := range k.Marks {
		if m.Has(mark) && (strings.HasSuffix(name, end) || end == ".weight" && sideways(name)) {
			return true
		}
	}
	return false
}

func (k Kind) reads(key string) bool {
	_, mark := k.Marks[key]
	return mark || slices.Contains(k.Keys, key)
}

// keys are all that the kind reads, in order.
func (k Kind) keys() []string { return append(slices.Sorted(maps.Keys(k.Marks)), k.Keys...) }

func kindNames() string {
	var names []string
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}
