package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/controlnet"
	"pentimento/pipeline/preprocess"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
)

// A Union ControlNet reads maps of several kinds (controlnet.File.Union): what a guide's map is follows from its
// preprocessor, or is said. Guides of one such file that act at once are shown to it together, as its
// authors do, where nothing keeps them apart: a region, factors of their own, another mode, or the same kind.

// unionKinds are what Module.Control names, where a Union net calls it otherwise.
var unionKinds = map[string]string{"scribble": "softedge", "lineart": "canny", "mlsd": "canny"}

// unionWords are the words of A1111's extension for the kinds.
var unionWords = [][2]string{{"openpose", "OpenPose"}, {"depth", "Depth"}, {"softedge", "Soft Edge"}, {"canny", "Hard Edge"}, {"normal", "Normal Map"}, {"segment", "Segmentation"}, {"tile", "Tile"}, {"inpaint", "Inpaint"}}

// GuideTypes are the kinds of maps that a guide's file tells apart; none where it is no Union net, or can't be
// read. It may read the file's header.
func GuideTypes(path string) []string {
	f, _, err := controlFile(path)
	if err != nil {
		return nil
	}
	return f.Union()
}

// TypeOf is the kind of map that a guide's preprocessor makes; "" where that is not known.
func (g Guide) TypeOf() string {
	if g.inpaints() {
		return "inpaint"
	}
	m, err := preprocess.Find(g.Preprocessor)
	if err != nil {
		return ""
	}
	kind := m.Control
	if k, other := unionKinds[kind]; other {
		kind = k
	}
	if !slices.Contains(controlnet.UnionTypes(), kind) {
		return ""
	}
	return kind
}

// unionType is what a Union net of these kinds is told of the guide's map.
func (g Guide) unionType(kinds []string) (string, error) {
	kind := g.Type
	if kind == "" {
		kind = g.TypeOf()
	}
	known := strings.Join(kinds, ", ")
	switch {
	case kind == "":
		return "", fault.New("its network reads maps of several kinds, and which one this is isn't said", "Say its type: "+known+".")
	case !slices.Contains(kinds, kind):
		return "", fault.New(fmt.Sprintf("its map is of type %s, which its network doesn't read: it reads %s", kind, known), "Choose another type, or a file that reads it (ProMax).")
	}
	return kind, nil
}

// together says which guides are evaluated as one: of each that acts the number of the first, of others −1.
func (c *controls) together(on []bool) []int {
	lead := make([]int, len(c.all))
	for i, g := range c.all {
		if lead[i] = i; !on[i] {
			lead[i] = -1
			continue
		}
		for j, first := range c.all[:i] {
			if lead[j] == j && first.joins(g) && !slices.ContainsFunc(c.members(lead[:i], j), func(m *control) bool { return m.kind == g.kind }) {
				lead[i] = j
				break
			}
		}
	}
	return lead
}

// members are the guides that number i leads.
func (c *controls) members(lead []int, i int) (out []*control) {
	for k, l := range lead {
		if l == i {
			out = append(out, c.all[k])
		}
	}
	return out
}

// joins says whether nothing keeps two guides apart.
func (c *control) joins(g *control) bool {
	apart := func(c *control) bool { return c.kind == "" || c.region != nil || c.Average || len(c.Factors) > 0 }
	return c.net == g.net && c.Mode == g.Mode && !apart(c) && !apart(g)
}

// gives is what the network of some guides gives an evaluation, by their factors. Of several the weights act
// on what the network reads.
func gives(ctx context.Context, in unet.Input, all []*control) ([]*tensor.Tensor, error) {
	g := *all[0]
	if g.kind == "" {
		out, err := g.net.Residuals(ctx, in, g.hint)
		if err != nil {
			return nil, err
		}
		return g.scaled(out), nil
	}
	var shown []controlnet.Shown
	for _, one := range all {
		shown = append(shown, controlnet.Shown{Hint: one.hint, Type: one.kind, Share: one.Weight})
	}
	if len(all) == 1 {
		shown[0].Share = 1
	} else {
		g.factors = factors(Guide{Weight: 1, Mode: g.Mode}, len(g.factors), softResiduals)
	}
	out, err := g.net.Together(ctx, in, shown)
	if err != nil {
		return nil, err
	}
	return g.scaled(out), nil
}
