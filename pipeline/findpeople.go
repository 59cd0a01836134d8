package pipeline

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/model"
	"pentimento/pipeline/people"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/tensor"
)

// People finds the places of people in a picture that a module draws, by its networks: file is one of
// them, and the others lie beside it. They are opened for this call alone.
func (p *Pipeline) People(ctx context.Context, m *preprocess.Module, file string, picture preprocess.Picture, where Where) ([]preprocess.Pose, error) {
	if err := p.enter(ctx); err != nil {
		return nil, err
	}
	defer p.leave()
	return findPeople(ctx, p.runtime, m, file, picture, model.Options{Device: where.Device, Threads: where.Threads, Release: true})
}

func findPeople(ctx context.Context, runtime model.Runtime, m *preprocess.Module, file string, picture preprocess.Picture, o model.Options) (_ []preprocess.Pose, err error) {
	open := &openParts{runtime: runtime, folder: filepath.Dir(file), options: o, all: map[string]*openPart{}}
	defer func() { err = errors.Join(err, open.close()) }()
	found, err := people.Find(ctx, picture, m.Network.Finds, open.eval)
	if err != nil {
		return nil, fault.With(fmt.Errorf("preprocessor %q: %w", m.Name, err), fault.Hint(err))
	}
	return found, nil
}

// openParts are the networks of a module, each opened when it is first asked for: no hand, no
// network for hands.
type openParts struct {
	runtime model.Runtime
	folder  string
	options model.Options
	all     map[string]*openPart
}

type openPart struct {
	session model.Session
	in      string
	outs    []string
}

func (o *openParts) open(ctx context.Context, name string) (*openPart, error) {
	if part := o.all[name]; part != nil {
		return part, nil
	}
	g, err := foreign(filepath.Join(o.folder, name))
	if err != nil {
		return nil, err
	}
	ins, outs := signature(g)
	if len(ins) != 1 || len(outs) == 0 {
		return nil, fault.New(fmt.Sprintf("it has %d inputs and %d outputs, want one picture and what is in it", len(ins), len(outs)), "It is another network of this name.")
	}
	part := &openPart{}
	if part.in, part.outs, err = wire(g, ins[0], outs); err != nil {
		return nil, err
	}
	if part.session, err = o.runtime.Open(ctx, g, o.options); err != nil {
		return nil, err
	}
	o.all[name] = part
	return part, nil
}

// eval evaluates a network on a square of side × side pixels of three interleaved channels.
func (o *openParts) eval(ctx context.Context, name string, side int, in []float32) ([][]float32, error) {
	return o.run(ctx, name, &tensor.Tensor{Shape: []int{1, side, side, 3}, Data: in})
}

// planes evaluates a network on three planes of w × h pixels; what it gives is its first output.
func (o *openParts) planes(ctx context.Context, name string, w, h int, in []float32) ([]float32, error) {
	outs, err := o.run(ctx, name, &tensor.Tensor{Shape: []int{1, 3, h, w}, Data: in})
	if err != nil || len(outs) == 0 {
		return nil, err
	}
	return outs[0], nil
}

func (o *openParts) run(ctx context.Context, name string, in *tensor.Tensor) ([][]float32, error) {
	part, err := o.open(ctx, name)
	if err != nil {
		return nil, fault.With(fmt.Errorf("network %q: %w", name, err), fault.Hint(err))
	}
	all, err := part.session.Run(ctx, map[string]*tensor.Tensor{part.in: in})
	if err != nil {
		return nil, err
	}
	var outs [][]float32
	for _, name := range part.outs {
		if t := all[name]; t != nil {
			outs = append(outs, t.Data)
		}
	}
	return outs, nil
}

func (o *openParts) close() (err error) {
	for _, part := range o.all {
		err = errors.Join(err, part.session.Close())
	}
	return err
}
