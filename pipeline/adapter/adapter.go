// Package adapter changes the weights of a network by the small files that people train for
// it, such as LoRA. Open reads a file, Over gives a network's builder the changed weights;
// the files themselves, and the weights that no adapter speaks of, stay as they are.
//
// # A kind of adapter in an hour
//
// A kind is one file (lora.go) and one row in Kinds:
//
//  1. Keys: the files' keys are MODULE.KEY, as in "lora_unet_…_to_q.lora_up.weight". List
//     what follows the module in a file of your kind. The first tells the kind from others
//     and is in every module. A key of the file that is not listed is an error, because
//     what a kind does not know it would leave out silently. A key without a module speaks
//     of every weight of the denoiser and the text encoders; no adapter reaches the autoencoder.
//  2. Ends: which of the module's tensors it changes, by the ends of their names: ".weight",
//     ".bias"; "" is all.
//  3. Fits: whether the shapes of the adapter's tensors suit that of a weight. It is asked
//     before a run begins, and again before each Delta, which need not check them.
//  4. Delta: what a weight changes by at strength 1. It is handed the module's tensors and
//     the weight as the model has it, all in float32; nil leaves the weight alone.
//
// All else is here: which weight a module is (names.go), strengths, sums, types, threads.
// Test it as adapter_test.go and reference_cgo_test.go do: changes of single weights, then a
// network's output.
//
// Decisions:
// 2026-11-27: deltas are of the model's own weights and are summed, so that the order of
// adapters changes rounding at most.
// 2026-11-27: merged weights are float32, whatever the model's type, and are handed to the
// runtime in memory: twice the size of fp16 for the weights that change. A copy stays while
// the network is open, because its packed form is made of it.
// 2026-11-27: a network is merged again when a strength changes. Keeping the deltas would
// cost as much memory as the weights.
package adapter

import (
	"fmt"
	"maps"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Kind is a kind of adapter; its fields are explained above.
type Kind struct {
	Name  string
	Keys  []string
	Ends  []string
	Fits  func(m Module, w Tensor) error // w without values; nil: anything fits
	Delta func(m Module, w Tensor) ([]float32, error)
}

// changes says whether the kind changes a tensor of that name.
func (k Kind) changes(name string) bool {
	return slices.ContainsFunc(k.Ends, func(end string) bool { return strings.HasSuffix(name, end) })
}

// Kinds are the kinds that Open knows.
var Kinds = []Kind{lora}

// Tensor is a weight or an adapter's tensor, widened to float32.
type Tensor struct {
	Name   string
	Shape  []int64
	Values []float32
}

// Module is what an adapter says of one module, by key.
type Module struct {
	Name    string // as the file has it; "" is every module
	tensors map[string]checkpoint.Tensor
}

// Has says whether the module has a key.
func (m Module) Has(key string) bool { _, ok := m.tensors[key]; return ok }

// Shape is that of a key's tensor, nil where the module lacks it.
func (m Module) Shape(key string) []int64 { return m.tensors[key].Shape }

// Tensor reads the values of a key; a key that the module lacks is an error.
func (m Module) Tensor(key string) (Tensor, error) {
	t, ok := m.tensors[key]
	if !ok {
		return Tensor{}, fmt.Errorf("has no %s", key)
	}
	values, err := t.Floats()
	return Tensor{t.Key, t.Shape, values}, err
}

// Scalar is the only value of a key, or otherwise where the module lacks it.
func (m Module) Scalar(key string, otherwise float32) (float32, error) {
	if !m.Has(key) {
		return otherwise, nil
	}
	t, err := m.Tensor(key)
	if err == nil && len(t.Values) != 1 {
		err = fmt.Errorf("%s has shape %v, want one number", key, t.Shape)
	}
	if err != nil {
		return 0, err
	}
	return t.Values[0], nil
}

// File is an opened adapter. It is read-only and safe for use by several goroutines.
type File struct {
	Path string
	Kind Kind

	modules map[string]Module
	state   string // size and time of the file when it was opened
}

// Open reads which modules an adapter speaks of, and of what kind it is, without reading
// its values.
func Open(path string) (*File, error) {
	p, err := checkpoint.OpenPart(path, "adapter")
	if err != nil {
		return nil, err
	}
	f := &File{Path: path, modules: map[string]Module{}}
	if f.state, err = state(path); err == nil {
		err = f.sort(p)
	}
	if err != nil {
		return nil, f.wrap(err)
	}
	return f, nil
}

// sort finds the kind and gives each module its tensors.
func (f *File) sort(p *checkpoint.Part) error {
	names := p.Names()
	i := slices.IndexFunc(Kinds, func(k Kind) bool {
		return slices.ContainsFunc(names, func(key string) bool { _, ok := cut(key, k.Keys[0]); return ok })
	})
	if i < 0 {
		return fault.New("holds no adapter of a known kind", "The program reads "+kindNames()+" files.")
	}
	f.Kind = Kinds[i]
	var unknown []string
next:
	for _, name := range names {
		for _, key := range f.Kind.Keys {
			module, ok := cut(name, key)
			if !ok {
				continue
			}
			if f.modules[module].tensors == nil {
				f.modules[module] = Module{module, map[string]checkpoint.Tensor{}}
			}
			f.modules[module].tensors[key] = p.Tensors[name]
			continue next
		}
		unknown = append(unknown, name)
	}
	if len(unknown) > 0 {
		return fmt.Errorf("tensor %q and %d more have no place in a %s, want %s", unknown[0], len(unknown)-1, f.Kind.Name, strings.Join(f.Kind.Keys, ", "))
	}
	return nil
}

// cut splits a file's key MODULE.KEY.
func cut(name, key string) (module string, ok bool) {
	if name == key {
		return "", true
	}
	return strings.CutSuffix(name, "."+key)
}

func kindNames() string {
	var names []string
	for _, k := range Kinds {
		names = append(names, k.Name)
	}
	return strings.Join(names, ", ")
}

// Key tells the file, and its state when it was opened, from others.
func (f *File) Key() string { return f.Path + "@" + f.state }

// Changed is an error where the file is not what it was when it was opened.
func (f *File) Changed() error {
	now, err := state(f.Path)
	if err == nil && now != f.state {
		err = fault.New("the file changed since it was opened", "Start the run again.")
	}
	if err != nil {
		return f.wrap(err)
	}
	return nil
}

func state(path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return "", err
	}
	return fmt.Sprint(info.Size(), ",", info.ModTime().UnixNano()), nil
}

// Without lists the modules that speak of no weight of these parts, which are all that the
// adapter may change. It is an error where most are such, or one does not fit its weight:
// the adapter was made for another kind of model. No values are read.
func (f *File) Without(parts ...*checkpoint.Part) (left []string, err error) {
	known := map[string]bool{}
	for _, p := range parts {
		all := targets(p)
		for _, name := range slices.Sorted(maps.Keys(f.modules)) {
			for _, weight := range all[name] {
				t := p.Tensors[weight]
				if !f.Kind.changes(weight) {
					continue
				}
				if known[name] = true; f.Kind.Fits != nil {
					if err := f.Kind.Fits(f.modules[name], Tensor{t.Name, t.Shape, nil}); err != nil {
						return nil, f.other(name, err)
					}
				}
			}
		}
	}
	for _, name := range slices.Sorted(maps.Keys(f.modules)) {
		if !known[name] {
			left = append(left, name)
		}
	}
	if 2*len(left) > len(f.modules) {
		return left, f.other(left[0], fmt.Errorf("and %d more of %d have no place in this model", len(left)-1, len(f.modules)))
	}
	return left, nil
}

// other is the error of a module that does not fit its weight.
func (f *File) other(module string, err error) error {
	return f.wrap(fault.With(fmt.Errorf("module %q: %w", module, err), "It was made for another kind of model: choose one of this model's kind."))
}

func (f *File) wrap(err error) error {
	return fault.With(fmt.Errorf("adapter %q: %w", filepath.Base(f.Path), err), fault.Hint(err))
}
