package graph

import (
	"fmt"
	"slices"
)

// Only is the part of a graph that makes some of its values, when others are given: those are inputs of
// it, beside the graph's own that it reads. Nodes and weights are shared with g.
func (g *Graph) Only(name string, given, made []string) (*Graph, error) {
	p := &Graph{Name: name, Meta: g.Meta, Values: map[string]Value{}}
	needs := map[string]bool{}
	for _, v := range made {
		needs[v] = true
		p.Outputs = append(p.Outputs, anonymous(g.Values[v]))
	}
	for i := len(g.Nodes) - 1; i >= 0; i-- {
		n := g.Nodes[i]
		if !slices.ContainsFunc(n.Outputs, func(out string) bool { return needs[out] && !slices.Contains(given, out) }) {
			continue
		}
		p.Nodes = append(p.Nodes, n)
		for _, in := range n.Inputs {
			needs[in] = true
		}
		for _, out := range n.Outputs {
			p.know(g.Values[out])
		}
	}
	slices.Reverse(p.Nodes)
	for _, v := range g.Inputs {
		if needs[v.Name] {
			p.Inputs = append(p.Inputs, v)
			p.know(v)
		}
	}
	for _, v := range given {
		if _, ok := g.Values[v]; !ok {
			return nil, fmt.Errorf("graph %q: has no value %q", g.Name, v)
		}
		if needs[v] {
			p.Inputs = append(p.Inputs, anonymous(g.Values[v]))
			p.know(g.Values[v])
		}
	}
	for _, w := range g.Weights {
		if needs[w.Name] {
			p.Weights = append(p.Weights, w)
			p.know(g.Values[w.Name])
		}
	}
	return p, p.check()
}
