package family

import (
	"context"
	"errors"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
)

// errDrawn ends the opening of a network whose graph could be drawn.
var errDrawn = errors.New("family: the graph is drawn")

// drawer is a Runtime that opens nothing: what cannot be drawn fails before it is asked.
type drawer struct{}

func (drawer) Open(context.Context, *graph.Graph, model.Options) (model.Session, error) {
	return nil, errDrawn
}
func (drawer) Devices() []model.Device { return nil }

// Verify draws the graphs of all networks of a model without opening one, and says what
// keeps them from being drawn, such as a tensor that is missing. It reads no weight and
// takes tens of milliseconds.
func (m *Model) Verify(ctx context.Context) error {
	o := Opening{Runtime: drawer{}, Checkpoint: m.Checkpoint}
	var all []error
	try := func(n Network, err error) {
		if err == nil {
			err = n.Close()
		} else if errors.Is(err, errDrawn) {
			err = nil
		}
		all = append(all, err)
	}
	if m.Family.OpenText != nil {
		for i := range m.Text {
			try(m.Family.OpenText(ctx, o, i))
		}
	}
	try(m.Family.OpenDenoiser(ctx, o))
	if open := m.Family.Codec.OpenDecoder; open != nil {
		try(open(o))
	}
	if open := m.Family.Codec.OpenEncoder; open != nil {
		try(open(o))
	}
	return errors.Join(all...)
}

// Inspect is checkpoint.Inspect for the families of the table; what keeps a network from
// being drawn is among the problems.
func Inspect(ctx context.Context, path string, o checkpoint.Options, progress func(done, total int64)) (*checkpoint.Report, error) {
	o.Families = rows()
	r, err := checkpoint.Inspect(ctx, path, o, progress)
	if err != nil {
		return nil, err
	}
	if m, err := Open(path, o); err == nil {
		if err := m.Verify(ctx); err != nil {
			r.Problems = append(r.Problems, err.Error())
		}
	}
	return r, nil
}

// Look sketches a file or folder of networks by its header alone (checkpoint.Look).
func Look(path string) (*checkpoint.Sketch, error) { return checkpoint.Look(path, rows()) }
