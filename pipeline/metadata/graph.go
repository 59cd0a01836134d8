package metadata

import (
	"regexp"
	"slices"
	"strings"
)

// ids returns the node ids in the order of their numbers, so that a graph always reads
// the same.
func (g *graph) ids() []string {
	var ids []string
	for id := range g.nodes {
		ids = append(ids, id)
	}
	slices.SortFunc(ids, func(a, b string) int {
		if len(a) != len(b) {
			return len(a) - len(b)
		}
		return strings.Compare(a, b)
	})
	return ids
}

func (n node) isSampler() bool {
	if n.inputs["sigmas"] != nil && (n.inputs["noise"] != nil || n.inputs["noise_seed"] != nil) {
		return true // SamplerCustom and its advanced form
	}
	return n.inputs["steps"] != nil && n.inputs["sampler_name"] != nil
}

// link returns the id of the node an input is linked to.
func (n node) link(input string) (string, bool) {
	l, ok := n.inputs[input].([]any)
	if !ok || len(l) != 2 {
		return "", false
	}
	id := scalar(l[0])
	return id, id != ""
}

// links returns the linked inputs, those named in prefer first, the others by name.
func (n node) links(prefer ...string) []string {
	var names []string
	for _, p := range prefer {
		if _, ok := n.link(p); ok {
			names = append(names, p)
		}
	}
	var rest []string
	for name := range n.inputs {
		if _, ok := n.link(name); ok && !slices.Contains(prefer, name) {
			rest = append(rest, name)
		}
	}
	slices.Sort(rest)
	return append(names, rest...)
}

// search walks upstream from id, depth first, through the inputs that follow names, until
// ok says yes. No node is entered twice.
func (g *graph) search(id string, follow func(node) []string, ok func(id string, n node) bool) (string, bool) {
	return g.searchUnseen(id, map[string]bool{}, follow, ok)
}

// searchUnseen leaves out what an earlier search has seen.
func (g *graph) searchUnseen(id string, seen map[string]bool, follow func(node) []string, ok func(id string, n node) bool) (string, bool) {
	stack := []string{id}
	for len(stack) > 0 && g.step() {
		id := stack[len(stack)-1]
		stack = stack[:len(stack)-1]
		n, known := g.nodes[id]
		if !known || seen[id] {
			continue
		}
		seen[id] = true
		if ok(id, n) {
			return id, true
		}
		names := follow(n)
		for i := len(names) - 1; i >= 0; i-- {
			if next, linked := n.link(names[i]); linked {
				stack = append(stack, next)
			}
		}
	}
	return "", false
}

// via follows only the inputs named.
func via(names ...string) func(node) []string {
	return func(n node) []string {
		var out []string
		for _, name := range names {
			if _, ok := n.link(name); ok {
				out = append(out, name)
			}
		}
		return out
	}
}

// value finds the first of keys that holds a literal, upstream of id through the inputs in
// path; a key that is itself a link is followed to the literal it carries.
func (g *graph) value(id string, path []string, keys ...string) string {
	var found string
	g.search(id, via(path...), func(_ string, n node) bool {
		for _, k := range keys {
			if found = g.literal(n, k); found != "" {
				return true
			}
		}
		return false
	})
	return found
}

// passes are the inputs of nodes that hand on what they get (Reroute and its like).
var passes = []string{"", "any", "anything", "input", "any_01"}

// textCarriers are the inputs under which nodes that only hold a text keep it; a wildcard's
// result stands before its pattern, what a node showed before what it was given.
var textCarriers = []string{"populated_text", "text_0", "value", "Value", "text", "string", "String", "prompt", "text_positive", "text1", "string1", "wildcard_text"}

// numberCarriers are the same for numbers and names. A text is never taken from them.
var numberCarriers = []string{"value", "Value", "seed", "noise_seed", "int", "float", "number", "string", "String", "text"}

// literal reads an input that is a number or a name, through links to nodes that hold it.
func (g *graph) literal(n node, key string) string {
	return g.carried(n, key, numberCarriers, map[string]bool{})
}

// text reads an input that is a text, through links to nodes that hold or join texts.
func (g *graph) text(n node, key string) string {
	return g.carried(n, key, textCarriers, map[string]bool{})
}

// carried enters no node twice: links may form a ring.
func (g *graph) carried(n node, key string, carriers []string, seen map[string]bool) string {
	if s := scalar(n.inputs[key]); s != "" {
		return s
	}
	id, ok := n.link(key)
	if !ok || seen[id] || !g.step() {
		return ""
	}
	seen[id] = true
	from := g.nodes[id]
	if s := g.joined(from, seen); s != "" {
		return s
	}
	for _, k := range slices.Concat(carriers[:2], []string{key}, carriers[2:], passes) {
		if s := g.carried(from, k, carriers, seen); s != "" {
			return s
		}
	}
	return ""
}

// joinedInput are the inputs of a node that joins texts: string_a, text_b, text2, string3.
var joinedInput = regexp.MustCompile(`^(?:text|string)_?(?:[a-h]|[1-9])$`)

// joined is what a node that joins texts gives; "" for any other node.
func (g *graph) joined(n node, seen map[string]bool) string {
	delimiter, separated := n.inputs["delimiter"].(string)
	if s, ok := n.inputs["separator"].(string); ok {
		delimiter, separated = s, true
	}
	if !separated && !strings.Contains(n.class, "Concat") && !strings.Contains(n.class, "Join") && n.inputs["action"] != "append" {
		return ""
	}
	var names, parts []string
	for name := range n.inputs {
		if joinedInput.MatchString(name) {
			names = append(names, name)
		}
	}
	if len(names) < 2 {
		return ""
	}
	slices.Sort(names)
	for _, name := range names {
		if s := g.carried(n, name, textCarriers, seen); s != "" {
			parts = append(parts, s)
		}
	}
	return strings.Join(parts, strings.NewReplacer(`\n`, "\n", `\t`, "\t").Replace(delimiter))
}
