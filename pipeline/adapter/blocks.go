package adapter

import (
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// Block weights let an adapter act more on some parts of the denoiser than on others: one
// ratio for each of its blocks, and for the text encoders one together (BASE). The notation
// is that of hako-mikan's extension of A1111 (sd-webui-lora-block-weight), which recipes are
// written in: 12, 17, 20 or 26 numbers, names for lists of numbers, and rules that set the
// ratio of single layers by words in their names.
//
// 2026-11-28: the extension's named lists have 17 numbers, which say nothing of SDXL's blocks
// OUT00 to OUT02, where most of it is. The same names have lists of their own here for models
// with nine blocks a side: what has the same size in the picture has the same number.

// BlockIDs are the blocks in the order of the 26 numbers.
var BlockIDs = strings.Fields("BASE IN00 IN01 IN02 IN03 IN04 IN05 IN06 IN07 IN08 IN09 IN10 IN11 M00 " +
	"OUT00 OUT01 OUT02 OUT03 OUT04 OUT05 OUT06 OUT07 OUT08 OUT09 OUT10 OUT11")

// notations are the blocks that shorter lists name: for Stable Diffusion 1 and 2 those with
// attention (17) or all (26), for SDXL likewise (12, 20).
var notations = map[int][]string{
	12: strings.Fields("BASE IN04 IN05 IN07 IN08 M00 OUT00 OUT01 OUT02 OUT03 OUT04 OUT05"),
	17: strings.Fields("BASE IN01 IN02 IN04 IN05 IN07 IN08 M00 OUT03 OUT04 OUT05 OUT06 OUT07 OUT08 OUT09 OUT10 OUT11"),
	20: strings.Fields("BASE IN00 IN01 IN02 IN03 IN04 IN05 IN06 IN07 IN08 M00 OUT00 OUT01 OUT02 OUT03 OUT04 OUT05 OUT06 OUT07 OUT08"),
	26: BlockIDs,
}

// within are what the names of layers hold, as A1111 writes them, by the block they are in;
// the last that fits counts.
var within = func() (out []struct {
	text  string
	block int
}) {
	add := func(text string, block int) {
		out = append(out, struct {
			text  string
			block int
		}{text, block})
	}
	add("encoder", 0)
	for i, id := range BlockIDs[1:] {
		n, _ := strconv.Atoi(strings.TrimLeft(id, "INMOUT"))
		switch id[0] {
		case 'I':
			add(fmt.Sprintf("diffusion_model_input_blocks_%d_", n), i+1)
		case 'M':
			add("diffusion_model_middle_block_", i+1)
		default:
			add(fmt.Sprintf("diffusion_model_output_blocks_%d_", n), i+1)
		}
	}
	add("embedders", 0)
	add("transformer_resblocks", 0)
	return out
}()

// Blocks are block weights that are read. The zero value leaves every layer alone with ratio
// 0; see NewBlocks. It does not change and is safe for use by several goroutines.
type Blocks struct {
	Ratios   [26]float64 // in the order of BlockIDs
	elements []element
}

// element is a rule for layers: its ratio, where some words are in their names or in their
// block's, or are not.
type element struct {
	blocks, words       []string
	notBlocks, notWords bool
	ratio               float64
}

// NewBlocks reads 12, 17, 20 or 26 ratios and rules BLOCKS:ELEMENTS:RATIO, with commas or
// line ends between them. BLOCKS and ELEMENTS are words with spaces between them, BLOCKS also
// ranges such as IN05-OUT05; NOT in front turns them round, and none means all. A later rule
// comes before an earlier one, and any before the ratios.
func NewBlocks(ratios []float64, elements string) (*Blocks, error) {
	b := &Blocks{}
	ids, ok := notations[len(ratios)]
	if !ok {
		return nil, fmt.Errorf("block weights: %d numbers, want 12, 17, 20 or 26", len(ratios))
	}
	for i, id := range ids {
		if r := ratios[i]; math.IsNaN(r) || math.IsInf(r, 0) {
			return nil, fmt.Errorf("block weight of %s is %v, want a finite number", id, r)
		}
		b.Ratios[slices.Index(BlockIDs, id)] = ratios[i]
	}
	for rule := range strings.FieldsFuncSeq(elements, func(r rune) bool { return r == ',' || r == '\n' || r == '\r' }) {
		if rule = strings.TrimSpace(rule); rule == "" {
			continue
		}
		e, err := readElement(rule)
		if err != nil {
			return nil, fmt.Errorf("elemental rule %q: %w", rule, err)
		}
		b.elements = append(b.elements, e)
	}
	return b, nil
}

func readElement(rule string) (e element, err error) {
	parts := strings.Split(rule, ":")
	if len(parts) != 3 {
		return e, fmt.Errorf("%d parts, want BLOCKS:ELEMENTS:RATIO", len(parts))
	}
	if e.ratio, err = strconv.ParseFloat(strings.TrimSpace(parts[2]), 64); err != nil || e.ratio-e.ratio != 0 {
		return e, fmt.Errorf("ratio %q, want a number", parts[2])
	}
	e.notBlocks, e.blocks = turned(parts[0])
	e.notWords, e.words = turned(parts[1])
	for i := 0; i < len(e.blocks); i++ {
		first, last, isRange := strings.Cut(e.blocks[i], "-")
		if !isRange {
			continue
		}
		from, to := slices.Index(BlockIDs, first), slices.Index(BlockIDs, last)
		if from < 0 || to < 0 {
			return e, fmt.Errorf("blocks %q, want two of BASE, IN00 to IN11, M00, OUT00 to OUT11", e.blocks[i])
		}
		all := BlockIDs[min(from, to) : max(from, to)+1]
		e.blocks = slices.Replace(e.blocks, i, i+1, all...)
		i += len(all) - 1
	}
	return e, nil
}

// turned cuts a list of words and says whether NOT stood before them.
func turned(text string) (not bool, words []string) {
	words = strings.Split(strings.TrimSpace(text), " ")
	if words[0] == "NOT" {
		return true, words[1:]
	}
	return false, words
}

// Of is the ratio of a layer by the name that A1111 has for it, such as
// diffusion_model_input_blocks_1_1_proj_in. Layers of no block have 1.
func (b *Blocks) Of(layer string) float64 {
	ratio, name := 1.0, layer
	for _, w := range within {
		if strings.Contains(layer, w.text) {
			ratio, name = b.Ratios[w.block], layer+BlockIDs[w.block]
		}
	}
	for _, e := range b.elements {
		if named(name, e.blocks) != e.notBlocks && named(name, e.words) != e.notWords {
			ratio = e.ratio
		}
	}
	return ratio
}

// named says whether any of some words is in a name.
func named(name string, words []string) bool {
	return slices.ContainsFunc(words, func(w string) bool { return strings.Contains(name, w) })
}

// Ratio is that of a weight, for Use.Ratio.
func (b *Blocks) Ratio(role, weight string) float64 {
	prefix := "transformer_text_model_"
	if role == "denoiser" {
		prefix = "diffusion_model_"
	}
	layer := strings.TrimSuffix(strings.TrimSuffix(weight, ".weight"), ".bias")
	return b.Of(prefix + strings.ReplaceAll(layer, ".", "_"))
}

// BlockCounts are how many numbers block weights for a denoiser may have: 17 or 26 where it
// has more than nine blocks a side, 12, 20 or 26 where it has not (SDXL); none for other networks.
func BlockCounts(denoiser *checkpoint.Part) []int {
	switch n := denoiser.Layers("input_blocks."); {
	case n > 9:
		return []int{17, 26}
	case n > 0:
		return []int{12, 20, 26}
	}
	return nil
}

// ReadBlocks reads block weights for a denoiser as tags have them: numbers with commas between
// them or the name of a list, and rules or the name of some. Both may be empty: then what is
// returned is nil.
func (p Presets) ReadBlocks(text, elements string, denoiser *checkpoint.Part) (*Blocks, error) {
	text, elements = strings.TrimSpace(text), strings.TrimSpace(elements)
	if text == "" && elements == "" {
		return nil, nil
	}
	counts := BlockCounts(denoiser)
	if counts == nil {
		return nil, fault.New("block weights: this model has no blocks of their kind", "They are for Stable Diffusion 1, 2 and XL: leave lbw= out.")
	}
	ratios, err := p.ratios(text, counts)
	if err != nil {
		return nil, err
	}
	if elements != "" && !strings.Contains(elements, ":") {
		if elements, err = p.rules(elements); err != nil {
			return nil, err
		}
	}
	return NewBlocks(ratios, elements)
}

// ratios are those that a text means for a model that takes so many numbers.
func (p Presets) ratios(text string, counts []int) ([]float64, error) {
	name := ""
	switch list, ok := p.list(text, counts); {
	case text == "": // the rules alone
		return slices.Repeat([]float64{1}, counts[1]), nil
	case ok:
		name, text = fmt.Sprintf("%q has ", text), list
	case !strings.Contains(text, ","):
		return nil, fault.New(fmt.Sprintf("block weights %q: no list is called so", text),
			fmt.Sprintf("There are %s, and those of a file %s beside the adapters.", strings.Join(p.Names(counts), ", "), presetFile))
	}
	ratios, err := numbers(text)
	if err == nil && !slices.Contains(counts, len(ratios)) {
		want := map[int]string{17: "17 or 26 for a model of Stable Diffusion 1 or 2", 12: "12, 20 or 26 for a model of SDXL"}[counts[0]]
		err = fault.New(fmt.Sprintf("block weights: %s%d numbers, want %s", name, len(ratios), want),
			"Models of Stable Diffusion 1 and 2 take 17 or 26 numbers, those of SDXL 12, 20 or 26.")
	}
	return ratios, err
}

func numbers(text string) (out []float64, err error) {
	for field := range strings.SplitSeq(text, ",") {
		v, err := strconv.ParseFloat(strings.TrimSpace(field), 64)
		if err != nil || v-v != 0 {
			return nil, fmt.Errorf("block weights: %q, want a number", field)
		}
		out = append(out, v)
	}
	return out, nil
}
