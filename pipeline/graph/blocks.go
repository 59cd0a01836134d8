package graph

// Blocks are the values of a weight as the runtime's MatMulNBits reads them: a code of 4 or 8 bits
// for each, a scale for every 32 in a row. Rows are of a multiple of 32 values.
type Blocks struct {
	Bits int64 // a value is (code − 2^(Bits−1))·scale
	// Parts makes the codes, row by row, of 4 bits the first in the lower half of a byte, and the
	// scales as fp32.
	Parts func() (codes, scales []byte, err error)
}

// blockSize is how many values have a scale in common.
const blockSize = 32

// KeepBlocks is the Change that multiplies with weights in blocks as they are, where the file has
// them so: a quarter or an eighth of the memory of fp32, at some cost in speed. Weights that are
// read otherwise than by a product, such as those of convolutions, are decoded.
func KeepBlocks(g *Graph) error {
	weights := map[string]*Weight{}
	for _, w := range g.Weights {
		weights[w.Name] = w
	}
	kept := map[string]bool{}
	for i, n := range g.Nodes {
		if n.Op != "Gemm" || n.Attrs["transB"] != int64(1) {
			continue
		}
		w := weights[n.Inputs[1]]
		if w == nil || w.Blocks == nil || len(w.Shape) != 2 || w.Shape[1]%blockSize != 0 {
			continue
		}
		codes, scales := w.Name+"/codes", w.Name+"/scales"
		if !kept[w.Name] {
			kept[w.Name] = true
			g.blocks(w, codes, scales)
		}
		c := *n
		c.Op, c.Domain, c.Inputs = "MatMulNBits", microsoftDomain, []string{n.Inputs[0], codes, scales}
		c.Attrs = map[string]any{"N": w.Shape[0], "K": w.Shape[1], "bits": w.Blocks.Bits, "block_size": int64(blockSize)}
		if len(n.Inputs) > 2 {
			c.Inputs = append(c.Inputs, "", "", n.Inputs[2]) // without zero points and order of groups
		}
		g.Nodes[i] = &c
	}
	g.dropUnused()
	return nil
}

// blocks adds the codes and the scales of a weight.
func (g *Graph) blocks(w *Weight, codes, scales string) {
	rows, perRow := w.Shape[0], w.Shape[1]/blockSize
	add := func(name string, t DType, decode func() ([]byte, error), shape ...int64) {
		part := *w
		part.Name, part.Type, part.Shape, part.Decode, part.Blocks = name, t, shape, decode, nil
		g.Weights = append(g.Weights, &part)
		g.know(Value{Name: name, Type: t, Shape: dims(shape)})
	}
	add(codes, UInt8, func() ([]byte, error) { b, _, err := w.Blocks.Parts(); return b, err }, rows, perRow, blockSize*w.Blocks.Bits/8)
	add(scales, Float32, func() ([]byte, error) { _, b, err := w.Blocks.Parts(); return b, err }, rows*perRow)
}
