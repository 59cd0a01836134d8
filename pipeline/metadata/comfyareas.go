package metadata

import (
	"fmt"
	"slices"
	"strconv"
	"strings"
)

// ComfyUI gives a sampler a list of conditions, each for the whole picture, an area or a mask, with a strength: what
// they lead to is their mean by strength at each place. A text for the whole picture counts among them under every area.
// Its areas, though not its masks, begin and end in a ramp of latent cells; under a text for the whole picture their
// shapes have it, without one it makes no difference but where areas overlap, and is left out.

// conditioned is one of the list.
type conditioned struct {
	text     string
	box      [4]float64 // in parts of the picture's sides
	placed   bool       // else it is for the whole picture
	area     bool       // it is an area, whose edges are ramps
	unknown  string     // why nobody knows where it is
	strength float64
}

// start is the node that gives the sampler its conditions of a polarity.
func (g *graph) start(sampler, polarity string) (id string, ok bool) {
	if id, ok = g.nodes[sampler].link(polarity); ok {
		return id, true
	}
	guider, linked := g.nodes[sampler].link("guider")
	if !linked {
		return "", false
	}
	if id, ok = g.nodes[guider].link(polarity); !ok && polarity == "positive" {
		id, ok = g.nodes[guider].link("conditioning")
	}
	return id, ok
}

// conditions are those that leave a node, for a picture of w × h pixels (0: not known).
func (g *graph) conditions(id, polarity string, w, h int, seen map[string]bool) (out []conditioned) {
	n, known := g.nodes[id]
	if !known || seen[id] || !g.step() || strings.Contains(n.class, "ZeroOut") {
		return nil
	}
	seen[id] = true // on the way here, not elsewhere
	defer delete(seen, id)
	if said := g.said(n, polarity); len(said) > 0 {
		return []conditioned{{text: strings.Join(said, "\n"), strength: 1}}
	}
	for _, name := range g.conditioningLinks(n, polarity) {
		next, _ := n.link(name)
		more := g.conditions(next, polarity, w, h, seen)
		if strings.Contains(n.class, "Concat") && len(out) > 0 && len(more) > 0 { // one text behind the other
			out[0].text += "\n" + more[0].text
			continue
		}
		if out = append(out, more...); len(out) > 2*MaxRegions {
			return out[:2*MaxRegions]
		}
	}
	for i := range out {
		g.place(n, &out[i], w, h)
	}
	return out
}

// place lays a condition where its node says.
func (g *graph) place(n node, c *conditioned, w, h int) {
	number := func(key string) float64 {
		f, _ := strconv.ParseFloat(g.literal(n, key), 64) // what is none is 0
		return f
	}
	wide, high := 1.0, 1.0
	switch n.class {
	case "ConditioningSetArea":
		if wide, high = float64(w), float64(h); w == 0 || h == 0 {
			c.unknown = "the graph doesn't say how large the picture is"
			return
		}
	case "ConditioningSetAreaPercentage":
	case "ConditioningSetAreaStrength":
		c.strength = number("strength")
		return
	case "ConditioningSetMask":
		mask, _ := n.link("mask")
		box, value, ok := g.maskBox(mask)
		if c.strength *= number("strength") * value; !ok {
			c.unknown = "only its mask says where it was, which recipes don't hold"
		}
		c.box, c.placed = box, true
		return
	default:
		return
	}
	c.strength, c.placed, c.area = number("strength"), true, true
	x, y := min(max(number("x")/wide, 0), 1), min(max(number("y")/high, 0), 1)
	c.box = [4]float64{x, y, min(number("width")/wide, 1-x), min(number("height")/high, 1-y)}
}

// maskBox is where a mask is, if it is a box: a plain one, or one laid on another that is empty. value is
// what it counts there.
func (g *graph) maskBox(id string) (box [4]float64, value float64, ok bool) {
	n := g.nodes[id]
	solid := func(n node) (v, w, h float64, ok bool) {
		var errs [3]error
		v, errs[0] = strconv.ParseFloat(g.literal(n, "value"), 64)
		w, errs[1] = strconv.ParseFloat(g.literal(n, "width"), 64)
		h, errs[2] = strconv.ParseFloat(g.literal(n, "height"), 64)
		return v, w, h, n.class == "SolidMask" && errs == [3]error{} && w > 0 && h > 0
	}
	if v, _, _, plain := solid(n); plain {
		return [4]float64{0, 0, 1, 1}, v, true
	}
	below, _ := n.link("destination")
	above, _ := n.link("source")
	zero, w, h, ok := solid(g.nodes[below])
	v, wide, high, laid := solid(g.nodes[above])
	operation := g.literal(n, "operation")
	if n.class != "MaskComposite" || !ok || !laid || zero != 0 || operation != "add" && operation != "or" {
		return box, 1, false
	}
	x, errX := strconv.ParseFloat(g.literal(n, "x"), 64)
	y, errY := strconv.ParseFloat(g.literal(n, "y"), 64)
	box = [4]float64{x / w, y / h, min(wide, w-x) / w, min(high, h-y) / h}
	return box, v, errX == nil && errY == nil && x >= 0 && y >= 0
}

// areas takes the places of the sampler's conditions into a recipe, where there are some.
func (g *graph) areas(sampler string, r *Recipe) {
	list := func(polarity string) (whole, placed []conditioned) {
		id, ok := g.start(sampler, polarity)
		if !ok {
			return nil, nil
		}
		w, h, _ := r.Size()
		for _, c := range g.conditions(id, polarity, w, h, map[string]bool{}) {
			switch {
			case !c.placed && c.unknown == "":
				whole = append(whole, c)
			case c.unknown == "" && !(min(c.box[2], c.box[3]) > 0 && c.strength > 0):
			default:
				placed = append(placed, c)
			}
		}
		return whole, placed
	}
	whole, placed := list("positive")
	everywhere, negative := list("negative")
	for _, c := range negative {
		r.Unread = append(r.Unread, "the negative prompt of an area: "+c.text)
	}
	if len(negative) > 0 {
		r.Negative = texts(everywhere)
	}
	var regions []Region
	for _, c := range placed {
		if c.unknown != "" {
			r.Unread = append(r.Unread, fmt.Sprintf("region %q: %s", c.text, c.unknown))
			continue
		}
		one := Region{Prompt: c.text, Weight: c.strength, Box: c.box}
		if w, h, ok := r.Size(); ok && c.area && len(whole) > 0 {
			one.Shape = ramped(c.box, w, h)
		}
		regions = append(regions, one)
	}
	if len(whole) > 0 && len(placed) > 0 {
		r.Prompt = texts(whole)
	}
	if len(regions) == 0 || len(regions)+len(whole) > MaxRegions {
		return
	}
	base, regions := under(whole, regions)
	text, _ := PlainJSON(regions) // its numbers were JSON's
	r.Set(RegionsKey, text)
	if base > 0 {
		r.Set(RegionBaseKey, number(base))
	}
}

// texts are those of conditions, each once.
func texts(all []conditioned) string {
	var out []string
	for _, c := range all {
		if !slices.Contains(out, c.text) {
			out = append(out, c.text)
		}
	}
	return strings.Join(out, "\n")
}

// under says what the texts of the whole picture count under regions: one share everywhere where that is what their
// strengths come to, else they are regions themselves.
func under(whole []conditioned, regions []Region) (base float64, all []Region) {
	if len(whole) == 0 {
		return 0, regions
	}
	one := len(whole) == 1
	for i, a := range regions {
		for _, b := range regions[:i] {
			x, y := min(a.Box[0]+a.Box[2], b.Box[0]+b.Box[2])-max(a.Box[0], b.Box[0]), min(a.Box[1]+a.Box[3], b.Box[1]+b.Box[3])-max(a.Box[1], b.Box[1])
			one = one && a.Weight == b.Weight && (x < nearly || y < nearly)
		}
	}
	if one {
		base = whole[0].strength / (whole[0].strength + regions[0].Weight)
		for i := range regions {
			regions[i].Weight = 1
		}
		return base, regions
	}
	for _, c := range whole {
		all = append(all, Region{Name: "base", Prompt: c.text, Weight: c.strength, Box: [4]float64{0, 0, 1, 1}})
	}
	return 0, append(all, regions...)
}
