package unet

import (
	"fmt"
	"regexp"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

// perturbedAt are self-attentions that perturbed-attention guidance leaves out, in the notation
// that pamparamm's extension has for ComfyUI, Forge and A1111: d, m or u for the way down, the
// middle and the way up, the number of a block there among those that have attention, and perhaps
// that of its transformer: "d2,m0,u0.1". Either may be a range, "d1-2" and "u0.0-3".
type perturbedAt struct {
	way              byte // 'd', 'm' or 'u'
	block, lastBlock int
	first, last      int // of the transformers; both -1: all of the block
	text             string
}

var perturbedForm = regexp.MustCompile(`^([dmu])(\d{1,3})(?:-(\d{1,3}))?(?:\.(\d{1,3})(?:-(\d{1,3}))?)?$`)

// parsePerturbed reads such a list; "" is "m0", what the paper (Ahn et al. 2024) proposes.
func parsePerturbed(list string) (all []perturbedAt, err error) {
	if strings.TrimSpace(list) == "" {
		list = "m0"
	}
	for _, text := range strings.Split(list, ",") {
		text = strings.TrimSpace(text)
		m := perturbedForm.FindStringSubmatch(text)
		if m == nil {
			return nil, fault.New(fmt.Sprintf("block %q: want one such as m0, d2, u0.1 or u0-1", text), "d, m and u are the way down, the middle and the way up; separate several by commas.")
		}
		number := func(text string, otherwise int) int {
			if n, err := strconv.Atoi(text); err == nil {
				return n
			}
			return otherwise
		}
		one := perturbedAt{way: m[1][0], block: number(m[2], 0), first: number(m[4], -1), text: text}
		one.lastBlock, one.last = number(m[3], one.block), number(m[5], one.first)
		if one.lastBlock < one.block || one.last < one.first {
			return nil, fmt.Errorf("block %q: a range ends before it begins", text)
		}
		all = append(all, one)
	}
	return all, nil
}

// CheckPerturbed says what is wrong with a list for Inside.PerturbAt, whatever the network.
func CheckPerturbed(list string) error {
	_, err := parsePerturbed(list)
	return err
}

// ways are what the parts of a network are called.
var ways = map[byte]string{'d': "input_blocks", 'm': "middle_block", 'u': "output_blocks"}

// attentive lists, block by block that has any, the self-attentions of a way through a network.
func attentive(p *checkpoint.Part, way byte) (blocks [][]string) {
	by := map[[2]int][]string{} // by block and module
	for _, name := range p.Names() {
		path, ok := strings.CutSuffix(name, ".attn1.to_v.weight")
		if rest, mine := strings.CutPrefix(path, ways[way]+"."); ok && mine {
			var at [2]int
			first, rest, _ := strings.Cut(rest, ".")
			at[0], _ = strconv.Atoi(first)
			if way != 'm' { // the middle's modules are its blocks
				second, _, _ := strings.Cut(rest, ".")
				at[1], _ = strconv.Atoi(second)
			}
			by[at] = append(by[at], path+".attn1")
		}
	}
	var order [][2]int
	for at := range by {
		order = append(order, at)
	}
	slices.SortFunc(order, func(a, b [2]int) int { return slices.Compare(a[:], b[:]) })
	for _, at := range order {
		slices.SortStableFunc(by[at], func(a, b string) int { return len(a) - len(b) }) // 2 before 10
		blocks = append(blocks, by[at])
	}
	return blocks
}

// perturbed are the paths of the self-attentions that are left out.
func (in Inside) perturbed(p *checkpoint.Part) (paths []string, err error) {
	all, err := parsePerturbed(in.PerturbAt)
	if err != nil {
		return nil, fault.With(fmt.Errorf("unet: %w", err), fault.Hint(err))
	}
	for _, one := range all {
		blocks := attentive(p, one.way)
		if one.lastBlock >= len(blocks) {
			return nil, fmt.Errorf("unet: block %q: the network has %d with attention in that part, counted from 0", one.text, len(blocks))
		}
		for _, block := range blocks[one.block : one.lastBlock+1] {
			if one.last >= len(block) {
				return nil, fmt.Errorf("unet: block %q: it has %d transformers, counted from 0", one.text, len(block))
			}
			if one.first >= 0 {
				block = block[one.first : one.last+1]
			}
			for _, path := range block {
				if !slices.Contains(paths, path) {
					paths = append(paths, path)
				}
			}
		}
	}
	return paths, nil
}

// perturbing puts the values of self-attentions in the place of what they mix, for the latents
// that say so.
func perturbing(paths []string) (all []graph.Hook) {
	flags := &shared{}
	for _, path := range paths {
		var values graph.Value
		all = append(all,
			graph.Hook{At: path + ".v", Do: func(_ *graph.Builder, _ graph.Site, v graph.Value) graph.Value {
				values = v
				return v
			}},
			graph.Hook{At: path + ".out", Do: func(b *graph.Builder, at graph.Site, v graph.Value) graph.Value {
				one := []graph.Dim{graph.Named("batch"), graph.Fixed(1), graph.Fixed(1)}
				flag := b.Op("Reshape", path, graph.Float32, one, nil, flags.in(b, perturbInput, graph.Named("batch")), b.Ints(-1, 1, 1))
				keep := b.Op("Sub", path, graph.Float32, one, nil, b.Scalar(1), flag)
				mixed := b.Add(path, b.Mul(path, b.Deep(path, v), keep), b.Mul(path, b.Deep(path, values), flag))
				return b.Flat(path, mixed)
			}})
	}
	return all
}
