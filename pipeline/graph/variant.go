package graph

import "fmt"

// Variant says in what a network differs from what its file holds; the zero value, in
// nothing. It is read while a graph is built.
type Variant struct {
	Source  Source   // of the weights; nil: the file's own
	Hooks   []Hook   // at the network's sites, in order
	Changes []Change // of the finished graph, in order
}

// Source finds a weight by its name; ok is false where there is none. The Weight's Name
// may be empty. It is safe for use by several goroutines.
type Source func(name string) (w Weight, ok bool)

// Over gives the changed weights in place of those of base with the same names.
func (base Source) Over(changed map[string]Weight) Source {
	return func(name string) (Weight, bool) {
		if w, ok := changed[name]; ok {
			return w, true
		}
		return base(name)
	}
}

// Change rewrites a graph before it is opened, or says why it cannot. What it makes of a
// graph depends on the graph alone, so that a session is distinguished by its checkpoint and
// its changes.
type Change func(g *Graph) error

// Apply makes the changes in order, up to the first that fails.
func (g *Graph) Apply(changes ...Change) error {
	for _, c := range changes {
		if err := c(g); err != nil {
			return fmt.Errorf("graph %q: %w", g.Name, err)
		}
	}
	return nil
}

// Site is a named place in a network that a hook sees.
type Site struct {
	Name   string
	Heads  int64  // inside an attention: its number of heads
	Beside *Value // where two values are joined: the other
}

// Hook is called at a site while the graph is written, with the value there, and returns
// the value that the network goes on with: the same, a sum with it, or another. What the
// two have in common is type, rank and all fixed dimensions after the first. A hook may
// write operators, take inputs (Builder.Input) and add outputs (Tap). One that keeps values
// between sites belongs to one graph.
type Hook struct {
	At string // the name of a site, or of a module; "" is every site
	Do func(b *Builder, at Site, v Value) Value
	// Around is called in the place of a module (Builder.Module), with what the module reads and what writes it, which may be
	// called several times; it returns a value like what that makes. Such a hook has a name and no Do.
	Around func(b *Builder, at Site, in Value, write func(in Value) Value) Value
}

// Tap makes the value at a site an output of the graph under the site's name.
func Tap(site string) Hook {
	return Hook{At: site, Do: func(b *Builder, at Site, v Value) Value {
		b.Output(at.Name, b.Widen(v), v.Shape...)
		return v
	}}
}

// Site lets the hooks see a value at a place of the network. It returns the value to go
// on with.
func (b *Builder) Site(name string, v Value) Value { return b.visit(Site{Name: name}, v) }

// SiteBeside is Site where a value is joined with another, of which hooks see the size.
func (b *Builder) SiteBeside(name string, v, other Value) Value {
	return b.visit(Site{Name: name, Beside: &other}, v)
}

// Module is a part of the network that hooks may write again, with something else to read. Of rows, like is the picture that they
// are the places of; nil for a picture.
func (b *Builder) Module(name string, in Value, like *Value, write func(in Value) Value) Value {
	b.passed[name] = true
	for _, h := range b.hooks {
		if h.Around == nil || h.At != name || b.quiet {
			continue
		}
		inner := write
		write = func(in Value) Value { return h.Around(b, Site{Name: name, Beside: like}, in, inner) }
	}
	return write(in)
}

// Unhooked has what write writes seen by no hook.
func (b *Builder) Unhooked(write func()) {
	was := b.quiet
	b.quiet = true
	write()
	b.quiet = was
}

func (b *Builder) visit(at Site, v Value) Value {
	b.passed[at.Name] = true
	for _, h := range b.hooks {
		if h.Do == nil || b.quiet || h.At != "" && h.At != at.Name {
			continue
		}
		next := h.Do(b, at, v)
		if !alike(v, next) {
			b.Failf("site %q: a hook made %s of rank %d %v, want %s %v", at.Name, next.Type, len(next.Shape), next.Shape, v.Type, v.Shape)
			return v
		}
		v = next
	}
	return v
}

// alike says whether a network that expects a can go on with b.
func alike(a, b Value) bool {
	if a.Type != b.Type || len(a.Shape) != len(b.Shape) {
		return false
	}
	for i, d := range a.Shape {
		if o := b.Shape[i]; i > 0 && d.Fixed > 0 && o.Fixed > 0 && d != o {
			return false
		}
	}
	return true
}

// NoHookLeft records a mistake where a hook waits for a site that the network, now
// complete, does not have.
func (b *Builder) NoHookLeft() {
	for _, h := range b.hooks {
		if h.At != "" && !b.passed[h.At] {
			b.Failf("no site is called %q", h.At)
		}
	}
}
