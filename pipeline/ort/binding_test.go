package ort

import (
	"context"
	"slices"
	"testing"

	"pentimento/pipeline/model"
	"pentimento/pipeline/tensor"
)

// counting is a machine of which it is counted what is sent to it.
type counting struct {
	machine
	sent  []string
	freed int
}

type countedBinding struct {
	m  *counting
	in map[string]*tensor.Tensor
}

func (m *counting) newBinding() (binding, error) {
	return &countedBinding{m, map[string]*tensor.Tensor{}}, nil
}

func (b *countedBinding) bind(name string, t *tensor.Tensor) error {
	b.m.sent = append(b.m.sent, name)
	b.in[name] = t.Clone()
	return nil
}

func (b *countedBinding) run(*stopper) (map[string]*tensor.Tensor, error) {
	return map[string]*tensor.Tensor{"latent": b.in["x"], "text": b.in["context"]}, nil
}

func (b *countedBinding) free() { b.m.freed++ }

func filled(v float32, shape ...int) *tensor.Tensor {
	t := tensor.New(shape...)
	for i := range t.Data {
		t.Data[i] = v
	}
	return t
}

// What an evaluation gives again unchanged does not cross to a card again, even in another tensor;
// what the caller writes over does, and other shapes have a place of their own.
func TestOnlyWhatChangedCrossesToACard(t *testing.T) {
	m := &counting{}
	l := &loaded{machine: m, device: "card", keep: keeps("card", model.Options{})}
	text, x := filled(1, 2, 77, 8), filled(2, 2, 4, 8, 8)
	for i, c := range []struct {
		text, x float32
		tokens  int
		sent    []string
	}{
		{1, 2, 77, []string{"context", "x"}}, {1, 3, 77, []string{"x"}}, {1, 3, 77, nil}, {4, 3, 77, []string{"context"}},
		{5, 3, 154, []string{"context", "x"}}, {4, 6, 77, []string{"x"}}, {5, 6, 154, []string{"x"}},
	} {
		m.sent = nil
		text = filled(c.text, 2, c.tokens, 8)
		copy(x.Data, filled(c.x, x.Shape...).Data) // in place
		out, err := l.perform(nil, map[string]*tensor.Tensor{"x": x, "context": text})
		if err != nil {
			t.Fatal(err)
		}
		if slices.Sort(m.sent); !slices.Equal(m.sent, c.sent) {
			t.Errorf("evaluation %d: sent %v, want %v", i, m.sent, c.sent)
		}
		if out["latent"].Data[0] != c.x || out["text"].Data[0] != c.text {
			t.Errorf("evaluation %d: computed with latent %g and text %g, want %g and %g", i, out["latent"].Data[0], out["text"].Data[0], c.x, c.text)
		}
	}
	for n := range 2 * mostHeld {
		if _, err := l.perform(nil, map[string]*tensor.Tensor{"x": filled(1, 1, n+1), "context": text}); err != nil {
			t.Fatal(err)
		}
	}
	if len(l.held) > mostHeld || m.freed < mostHeld {
		t.Errorf("%d sets are held, %d were freed", len(l.held), m.freed)
	}
	if keeps("cpu", model.Options{}) || keeps("card", model.Options{Release: true}) {
		t.Error("inputs are kept where they are read in place, or where memory is to be given back")
	}
}

// The runtime's own binding computes what a plain run computes, bit for bit, through changes of
// values and of shapes.
func TestABindingComputesWhatARunComputes(t *testing.T) {
	g, _, _ := chain(t, 64, 6)
	r := New(Config{Device: "cpu"})
	if _, err := r.Version(); err != nil {
		t.Skip(err)
	}
	l := must(r.openOn(context.Background(), g, model.Options{}, "cpu", false))
	defer l.close()
	for i, x := range []*tensor.Tensor{row(4, 64), row(4, 64), row(9, 64), filled(0.5, 4, 64), row(4, 64)} {
		var got [2]*tensor.Tensor
		for k, keep := range []bool{false, true} {
			l.keep = keep
			out, err := l.evaluate(context.Background(), map[string]*tensor.Tensor{"x": x})
			if err != nil {
				t.Fatal(err)
			}
			got[k] = out["y"]
		}
		if !got[0].SameShape(got[1]) || !slices.Equal(got[0].Data, got[1].Data) {
			t.Errorf("evaluation %d: a binding gives other numbers", i)
		}
	}
	l.keep = true
	for name, in := range map[string]map[string]*tensor.Tensor{"another name": {"z": row(4, 64)}, "no value": {"x": nil}, "no input": {}} {
		if _, err := l.evaluate(context.Background(), in); err == nil {
			t.Errorf("%s was accepted", name)
		}
	}
}
