package cut

// flow is a graph whose nodes hang on a source and a sink; its minimum cut is found by
// augmenting paths along two search trees that are mended and not built anew (Boykov and
// Kolmogorov, "An Experimental Comparison of Min-Cut/Max-Flow Algorithms for Energy
// Minimization in Vision", PAMI 2004). Capacities are whole numbers, so that it ends.
type flow struct {
	first []int32 // the first arc of a node, -1: none
	next  []int32 // the next arc of the same node
	head  []int32 // where an arc leads; its sister is the arc ^1
	left  []int32 // what an arc can still carry
	term  []int32 // what a node can still take: above 0 from the source, below to the sink

	parent []int32 // arc to the parent in the tree; or one of the marks below
	side   []uint8
	stamp  []int32 // when dist was known to be right
	dist   []int32 // arcs up to the terminal
	queue  []int32
	queued []bool
	orphan []int32
	time   int32
}

const (
	none     int32 = -1
	terminal int32 = -2
	orphaned int32 = -3

	free   uint8 = 0
	source uint8 = 1
	sink   uint8 = 2

	// always is a capacity that no cut can pay.
	always = 1 << 28
)

func newFlow(nodes, arcs int) *flow {
	g := &flow{first: make([]int32, nodes), term: make([]int32, nodes), next: make([]int32, 0, 2*arcs), head: make([]int32, 0, 2*arcs), left: make([]int32, 0, 2*arcs)}
	for i := range g.first {
		g.first[i] = none
	}
	return g
}

// join lets both ways between two nodes carry as much.
func (g *flow) join(a, b int, capacity int32) {
	if capacity <= 0 {
		return
	}
	at := int32(len(g.head))
	g.head = append(g.head, int32(b), int32(a))
	g.left = append(g.left, capacity, capacity)
	g.next = append(g.next, g.first[a], g.first[b])
	g.first[a], g.first[b] = at, at+1
}

// lean pulls a node to the source, or with a negative capacity to the sink.
func (g *flow) lean(a int, capacity int32) {
	g.term[a] = min(max(g.term[a]+capacity, -always), always)
}

// solve finds the cut. stop is asked now and then.
func (g *flow) solve(stop func() bool) {
	n := len(g.first)
	g.parent, g.side, g.stamp, g.dist, g.queued = make([]int32, n), make([]uint8, n), make([]int32, n), make([]int32, n), make([]bool, n)
	for i, t := range g.term {
		g.parent[i] = none
		if t != 0 {
			g.parent[i], g.dist[i] = terminal, 1
			if g.side[i] = source; t < 0 {
				g.side[i] = sink
			}
			g.push(int32(i))
		}
	}
	for rounds := 0; len(g.queue) > 0; rounds++ {
		i := g.queue[0]
		if g.side[i] == free {
			g.pop()
			continue
		}
		meet := g.grow(i)
		if meet == none {
			g.pop()
			continue
		}
		g.time++
		g.augment(meet)
		g.adopt()
		if rounds&0xff == 0 && stop() {
			return
		}
	}
}

func (g *flow) push(i int32) {
	if !g.queued[i] {
		g.queued[i] = true
		g.queue = append(g.queue, i)
	}
}

func (g *flow) pop() {
	g.queued[g.queue[0]] = false
	g.queue = g.queue[1:]
}

// carries is what an arc out of a node can carry along the direction of a tree's flow.
func (g *flow) carries(arc int32, of uint8) int32 {
	if of == source {
		return g.left[arc]
	}
	return g.left[arc^1]
}

// grow takes the free neighbours of a node into its tree, up to an arc that leads into the other
// tree: that arc, from the source's tree to the sink's.
func (g *flow) grow(i int32) int32 {
	for a := g.first[i]; a != none; a = g.next[a] {
		if g.carries(a, g.side[i]) == 0 {
			continue
		}
		j := g.head[a]
		switch {
		case g.side[j] == free:
			g.side[j], g.parent[j], g.stamp[j], g.dist[j] = g.side[i], a^1, g.stamp[i], g.dist[i]+1
			g.push(j)
		case g.side[j] != g.side[i]:
			if g.side[i] == sink {
				return a ^ 1
			}
			return a
		case g.stamp[j] <= g.stamp[i] && g.dist[j] > g.dist[i]+1:
			g.parent[j], g.stamp[j], g.dist[j] = a^1, g.stamp[i], g.dist[i]+1
		}
	}
	return none
}

// augment sends what the path through an arc can carry.
func (g *flow) augment(meet int32) {
	from, to := g.head[meet^1], g.head[meet]
	least := g.left[meet]
	i := from
	for ; g.parent[i] != terminal; i = g.head[g.parent[i]] {
		least = min(least, g.left[g.parent[i]^1])
	}
	least = min(least, g.term[i])
	for i = to; g.parent[i] != terminal; i = g.head[g.parent[i]] {
		least = min(least, g.left[g.parent[i]])
	}
	least = min(least, -g.term[i])

	g.left[meet] -= least
	g.left[meet^1] += least
	for i = from; g.parent[i] != terminal; {
		a := g.parent[i]
		g.left[a] += least
		g.left[a^1] -= least
		up := g.head[a]
		if g.left[a^1] == 0 {
			g.cast(i)
		}
		i = up
	}
	if g.term[i] -= least; g.term[i] == 0 {
		g.cast(i)
	}
	for i = to; g.parent[i] != terminal; {
		a := g.parent[i]
		g.left[a] -= least
		g.left[a^1] += least
		up := g.head[a]
		if g.left[a] == 0 {
			g.cast(i)
		}
		i = up
	}
	if g.term[i] += least; g.term[i] == 0 {
		g.cast(i)
	}
}

func (g *flow) cast(i int32) {
	g.parent[i] = orphaned
	g.orphan = append(g.orphan, i)
}

// adopt finds new parents for the nodes that lost theirs, or sets them free.
func (g *flow) adopt() {
	for len(g.orphan) > 0 {
		i := g.orphan[len(g.orphan)-1]
		g.orphan = g.orphan[:len(g.orphan)-1]
		best, near := none, int32(1<<30)
		for a := g.first[i]; a != none; a = g.next[a] {
			j := g.head[a]
			if g.side[j] != g.side[i] || g.parent[j] == none || g.carries(a^1, g.side[i]) == 0 {
				continue
			}
			if d := g.root(j); d < near {
				best, near = a, d
			}
		}
		if best != none {
			g.parent[i], g.stamp[i], g.dist[i] = best, g.time, near+1
			continue
		}
		for a := g.first[i]; a != none; a = g.next[a] {
			j := g.head[a]
			if g.side[j] != g.side[i] || g.parent[j] == none {
				continue
			}
			if g.carries(a^1, g.side[i]) > 0 {
				g.push(j)
			}
			if p := g.parent[j]; p >= 0 && g.head[p] == i {
				g.cast(j)
			}
		}
		g.side[i], g.parent[i] = free, none
	}
}

// root is how far a node is from its terminal, 1<<30 where the way up ends at an orphan.
func (g *flow) root(j int32) int32 {
	d, k := int32(0), j
	for {
		if g.stamp[k] == g.time && g.parent[k] != orphaned {
			d += g.dist[k]
			break
		}
		p := g.parent[k]
		d++
		if p == terminal {
			g.stamp[k], g.dist[k] = g.time, 1
			break
		}
		if p < 0 {
			return 1 << 30
		}
		k = g.head[p]
	}
	for k, left := j, d; g.stamp[k] != g.time; k = g.head[g.parent[k]] {
		g.stamp[k], g.dist[k] = g.time, left
		left--
	}
	return d
}

// inside says whether a node is on the source's side of the cut.
func (g *flow) inside(i int) bool { return g.side[i] == source }
