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

// File is an opened adapter. It is read-only and safe for use by several goroutines.
type File struct {
	Path string
	Kind Kind // of most modules

	modules map[string]Module
	names   []string // of the modules, in order
	state   string   // size and time of the file when it was opened
}

// Open reads which modules an adapter speaks of, and of what kind each is, without reading
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

// sort gives each module its tensors and finds the kinds.
func (f *File) sort(p *checkpoint.Part) error {
	info, err := os.Stat(f.Path)
	if err != nil {
		return err
	}
	var unknown []string
	for _, name := range p.Names() {
		if strings.HasPrefix(name, checkpoint.Bundled) {
			continue // a prompt names it
		}
		t := p.Tensors[name]
		module, key, ok := split(name)
		if !ok {
			unknown = append(unknown, name)
			continue
		}
		if t.Length == 0 || t.Length > info.Size() { // the latter: a view of torch that repeats values
			return fmt.Errorf("tensor %q has shape %v, want at least one value and no more than the file holds", name, t.Shape)
		}
		m, ok := f.modules[module]
		if !ok {
			m = Module{Name: module, tensors: map[string]checkpoint.Tensor{}}
			f.modules[module] = m
		}
		if other, twice := m.tensors[key]; twice {
			return fmt.Errorf("tensors %q and %q both are %s of one module, want one", other.Key, name, key)
		}
		m.tensors[key] = t
	}
	f.names = slices.Sorted(maps.Keys(f.modules))
	most := 0
	for _, k := range Kinds {
		if n := f.count(k); n > most {
			f.Kind, most = k, n
		}
	}
	if most == 0 {
		return fault.New("holds no adapter of a known kind", "The program reads "+kindNames()+" files.")
	}
	for _, name := range f.names {
		unknown = append(unknown, f.modules[name].strange()...)
	}
	if len(unknown) > 0 {
		return fmt.Errorf("tensor %q and %d more have no place in a %s, want %s", unknown[0], len(unknown)-1, f.Kind.Name, strings.Join(f.Kind.keys(), ", "))
	}
	return nil
}

// count is how many modules are of a kind.
func (f *File) count(k Kind) (n int) {
	for _, m := range f.modules {
		if k.of(m) {
			n++
		}
	}
	return n
}

// kinds are those of a module.
func (m Module) kinds() (out []Kind) {
	for _, k := range Kinds {
		if k.of(m) {
			out = append(out, k)
		}
	}
	return out
}

// strange lists the tensors that no kind of the module reads, as the file calls them.
func (m Module) strange() (out []string) {
	kinds := m.kinds()
	for _, key := range slices.Sorted(maps.Keys(m.tensors)) {
		if !slices.ContainsFunc(kinds, func(k Kind) bool { return k.reads(key) }) {
			out = append(out, m.tensors[key].Key)
		}
	}
	return out
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

// place is what one module of a file does to one weight.
type place struct {
	weight string
	kind   Kind
	module Module
}

// places lists what the file does to a part, by module. Two modules that mean the same
// weight, by two of its names, are an error: one of them is not what its maker wanted.
func (f *File) places(all targets) (out []place, err error) {
	by := map[string]string{}
	for _, name := range f.names {
		m := f.modules[name]
		for _, weight := range all.of(name) {
			for _, k := range m.kinds() {
				if !k.changes(m, weight) {
					continue
				}
				if other, twice := by[weight]; twice {
					return nil, f.wrap(fault.New(fmt.Sprintf("modules %q and %q both change %q, want one change of a weight", other, name, weight),
						"The file is damaged, or was put together from two: get it again."))
				}
				by[weight] = name
				out = append(out, place{weight, k, m})
			}
		}
	}
	return out, nil
}

// Without lists the modules that speak of no weight of these parts, which are all that the
// adapter may change. It is an error where most are such, or one does not fit its weight:
// the adapter was made for another kind of model. No values are read.
func (f *File) Without(parts ...*checkpoint.Part) (left []string, err error) {
	known := map[string]bool{}
	for _, p := range parts {
		places, err := f.places(targetsOf(p))
		if err != nil {
			return nil, err
		}
		for _, at := range places {
			known[at.module.Name] = true
			if err := at.fits(p.Tensors[at.weight]); err != nil {
				return nil, f.other(at.module.Name, err)
			}
		}
	}
	for _, name := range f.names {
		if !known[name] {
			left = append(left, name)
		}
	}
	if 2*len(left) > len(f.modules) {
		return left, f.other(left[0], fmt.Errorf("and %d more of %d have no place in this model", len(left)-1, len(f.modules)))
	}
	return left, nil
}

// fits asks the kind whether its module suits a weight.
func (at place) fits(t checkpoint.Tensor) error {
	_, err := at.seen(t)
	return err
}

func (at place) fitsShape(name string, shape []int64) error {
	if at.kind.Fits != nil {
		if err := at.kind.Fits(at.module, Tensor{name, shape, nil}); err != nil {
			return err
		}
	}
	return doraFits(at.module, shape)
}

// other is the error of a module that does not fit its weight.
func (f *File) other(module string, err error) error {
	err = fmt.Errorf("module %q: %w", module, err)
	if fault.Hint(err) == "" {
		err = fault.With(err, "It was made for another kind of model: choose one of this model's kind.")
	}
	return f.wrap(err)
}

func (f *File) wrap(err error) error {
	return fault.With(fmt.Errorf("adapter %q: %w", filepath.Base(f.Path), err), fault.Hint(err))
}
