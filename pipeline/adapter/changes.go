package adapter

import (
	"maps"
	"slices"

	"pentimento/pipeline/checkpoint"
)

// Changes are what adapters make of the weights of one network, one weight at a time, for
// who does not want them all in memory at once. They are safe for use by several goroutines.
type Changes struct {
	part *checkpoint.Part
	by   map[string][]change
}

// ChangesOf finds which weights of a part the adapters change. Those of strength 0 change none.
func ChangesOf(part *checkpoint.Part, uses ...Use) (*Changes, error) {
	by, err := changesOf(part, uses)
	return &Changes{part, by}, err
}

// Weights lists the weights that change, in order.
func (c *Changes) Weights() []string { return slices.Sorted(maps.Keys(c.by)) }

// Apply changes the values of a weight, which are those of the part or what a merge made of
// them: in the part's shape, row-major.
func (c *Changes) Apply(weight string, values []float32) error {
	_, err := add(values, values, c.part.Tensors[weight], c.by[weight])
	return err
}
