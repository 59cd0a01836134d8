package graph

import (
	"fmt"
	"slices"
)

// Cut divides a graph into parts that compute, one after another, what the whole computes. A part
// reads inputs of the graph and what parts before it made, by the names of those values, all of
// them fp32; its weights take about most bytes as size counts them, or are those of one operator.
// A cut is made where little crosses it: between the blocks of a network rather than within one.
//
// What follows from weights alone, and sizes, are made again in each part that needs them. Nodes
// and weights are shared with g, which isn't changed.
func (g *Graph) Cut(most int64, size func(*Weight) int64) ([]*Graph, error) {
	c := newCutter(g, size)
	var parts []*Graph
	for from := 0; from < len(c.heavy); {
		to := c.end(from, most)
		part, err := c.part(from, to, len(parts))
		if err != nil {
			return nil, err
		}
		parts = append(parts, part)
		from = to
	}
	return parts, nil
}

// cutter is one graph while it is cut. heavy are the nodes that belong to one part each; all
// others are made again.
type cutter struct {
	g       *Graph
	size    func(*Weight) int64
	weights map[string]*Weight
	maker   map[string]int // node by what it makes
	heavy   []int          // nodes, in order
	again   []bool         // by node
	needs   []map[string]bool
	// made and last are, of a value that heavy nodes make and read, the first heavy node's place
	// and the last one's.
	made, last map[string]int
}

func newCutter(g *Graph, size func(*Weight) int64) *cutter {
	c := &cutter{g: g, size: size, weights: map[string]*Weight{}, maker: map[string]int{}, again: make([]bool, len(g.Nodes)), made: map[string]int{}, last: map[string]int{}}
	fixed := map[string]bool{"": true}
	for _, w := range g.Weights {
		c.weights[w.Name] = w
		fixed[w.Name] = true
	}
	for i, n := range g.Nodes {
		still := !slices.ContainsFunc(n.Inputs, func(in string) bool { return !fixed[in] })
		whole := !slices.ContainsFunc(n.Outputs, func(out string) bool {
			t := g.Values[out].Type
			return t != Int64 && t != Int32 && t != Bool
		})
		c.again[i] = still || whole
		for _, out := range n.Outputs {
			c.maker[out] = i
			fixed[out] = still
		}
		if !c.again[i] {
			for _, out := range n.Outputs {
				c.made[out] = len(c.heavy)
			}
			c.heavy = append(c.heavy, i)
		}
	}
	for at, i := range c.heavy {
		needs := c.reads(i)
		for name := range needs {
			c.last[name] = at
		}
		c.needs = append(c.needs, needs)
	}
	for _, v := range g.Outputs {
		c.last[v.Name] = len(c.heavy)
	}
	return c
}

// reads is all that a node reads, directly or by nodes that are made again: weights, inputs and
// what heavy nodes make.
func (c *cutter) reads(node int) map[string]bool {
	out := map[string]bool{}
	var visit func(i int)
	visit = func(i int) {
		for _, in := range c.g.Nodes[i].Inputs {
			if in == "" || out[in] {
				continue
			}
			if m, made := c.maker[in]; made && c.again[m] {
				visit(m)
				continue
			}
			out[in] = true
		}
	}
	visit(node)
	return out
}

// crossing is how many values cross a cut before a heavy node; ok is false where one isn't fp32.
func (c *cutter) crossing(at int) (n int, ok bool) {
	for name, made := range c.made {
		if made < at && c.last[name] >= at {
			if c.g.Values[name].Type != Float32 {
				return 0, false
			}
			n++
		}
	}
	return n, true
}

// end is where the part that begins with a heavy node ends: of the places that leave it at least
// half of most, the last of those that the fewest values cross.
func (c *cutter) end(from int, most int64) int {
	held, sum := map[string]bool{}, int64(0)
	best, least := 0, 0
	for at := from; at < len(c.heavy); at++ {
		add := int64(0)
		for name := range c.needs[at] {
			if w := c.weights[name]; w != nil && !held[name] {
				held[name] = true
				add += c.size(w)
			}
		}
		if at > from && (sum >= most/2 || sum+add > most) {
			if n, ok := c.crossing(at); ok && (best == 0 || n <= least) {
				best, least = at, n
			}
		}
		if sum += add; sum > most && best > 0 {
			return best
		}
	}
	return len(c.heavy)
}

// part is the graph of the heavy nodes [from, to).
func (c *cutter) part(from, to, number int) (*Graph, error) {
	p := &Graph{Name: fmt.Sprintf("%s, part %d", c.g.Name, number+1), Meta: c.g.Meta, Values: map[string]Value{}}
	wanted, needs := make([]bool, len(c.g.Nodes)), map[string]bool{}
	var want func(i int)
	want = func(i int) {
		if wanted[i] {
			return
		}
		wanted[i] = true
		for _, in := range c.g.Nodes[i].Inputs {
			if m, made := c.maker[in]; made && c.again[m] {
				want(m)
			} else if in != "" {
				needs[in] = true
			}
		}
	}
	for _, i := range c.heavy[from:to] {
		want(i)
	}
	for i, n := range c.g.Nodes {
		if !wanted[i] {
			continue
		}
		p.Nodes = append(p.Nodes, n)
		for _, out := range n.Outputs {
			p.know(c.g.Values[out])
			if made, heavy := c.made[out]; heavy && made >= from && c.last[out] >= to {
				p.Outputs = append(p.Outputs, anonymous(c.g.Values[out]))
			}
		}
	}
	for _, v := range c.g.Inputs {
		if needs[v.Name] {
			p.Inputs = append(p.Inputs, v)
			p.know(v)
		}
	}
	for _, w := range c.g.Weights {
		if needs[w.Name] {
			p.Weights = append(p.Weights, w)
			p.know(c.g.Values[w.Name])
		}
	}
	for _, n := range c.g.Nodes { // in order
		for _, out := range n.Outputs {
			if made, heavy := c.made[out]; heavy && needs[out] && made < from {
				p.Inputs = append(p.Inputs, anonymous(c.g.Values[out]))
				p.know(c.g.Values[out])
			}
		}
	}
	return p, p.check()
}

// anonymous gives the open dimensions of a value names of its own: equal names of an opened
// graph's inputs promise equal sizes to the runtime.
func anonymous(v Value) Value {
	v.Shape = slices.Clone(v.Shape)
	for i, d := range v.Shape {
		if d.Fixed <= 0 {
			v.Shape[i] = Named(fmt.Sprintf("%s[%d]", v.Name, i))
		}
	}
	return v
}
