package clip

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/graph"
)

const eps = 1e-5

// Build writes the graph of a text encoder. Inputs: ids [batch,token], skip [1] and vectors
// [vector,W], which ids beyond the table of tokens count through.
// Outputs: normed and hidden [batch,token,W], pooled [batch,W] and, where the file has a
// projection, projected [batch,P].
func Build(p *checkpoint.Part, v graph.Variant) (*graph.Graph, error) {
	g, _, err := build(p, v)
	return g, err
}

// build also returns how many rows the table of tokens has.
func build(p *checkpoint.Part, v graph.Variant) (*graph.Graph, int64, error) {
	if p.ONNX != nil {
		return foreign(p, v)
	}
	b := graph.NewBuilder(p.Role, p.Weight, v)
	ids := b.Input("ids", graph.Named("batch"), graph.Named("token"))
	skip := b.Input("skip", graph.Fixed(1))
	layers := p.Layers("encoder.layers.")
	if layers == 0 {
		return nil, 0, fmt.Errorf("%s: has no layers (encoder.layers.0 …)", p.Role)
	}
	table := b.Dims("embeddings.token_embedding.weight")
	if len(table) != 2 {
		return nil, 0, fmt.Errorf("%s: token embedding has shape %v, want [ids, width]", p.Role, table)
	}
	width := table[1]
	if at := b.Dims("embeddings.position_embedding.weight"); len(at) != 2 || at[1] != width {
		return nil, 0, fmt.Errorf("%s: position embedding has shape %v, want [positions %d]", p.Role, at, width)
	}
	heads, err := p.Heads.Of(0, width)
	if err != nil {
		return nil, 0, fmt.Errorf("%s: %w", p.Role, err)
	}

	rows, tokens := embed(b, ids, b.Input("vectors", graph.Named("vector"), graph.Fixed(width)), width)
	var states []graph.Value
	for i := range layers {
		at := fmt.Sprintf("encoder.layers.%d", i)
		rows = b.Site(at, layer(b, at, rows, heads, p.Activation, true))
		states = append(states, rows)
	}
	last := b.LayerNorm("final_layer_norm", rows, eps)
	chosen := choose(b, states, skip, width)
	shape := []graph.Dim{graph.Named("batch"), graph.Named("token"), graph.Fixed(width)}
	b.Output("hidden", b.Deep("hidden", chosen), shape...)
	b.Output("normed", b.Deep("normed", b.LayerNorm("final_layer_norm", chosen, eps)), shape...)

	pooled := pool(b, ids, b.Deep("pooled", last), p.EndToken, width)
	b.Output("pooled", pooled, graph.Named("batch"), graph.Fixed(width))
	switch {
	case b.Has("text_projection"): // open-clip: [in, out]
		out := b.Project("text_projection", pooled)
		b.Output("projected", out, out.Shape...)
	case b.Has("text_projection.weight"):
		out := b.Linear("text_projection", pooled)
		b.Output("projected", out, out.Shape...)
	}
	if left := slices.DeleteFunc(b.Unused(p.Names()), harmless); len(left) > 0 {
		b.Failf("tensor %q and %d more have no place in this network", left[0], len(left)-1)
	}
	b.NoHookLeft()
	g, err := b.Finish()
	return g, tokens, err
}

// harmless names are in files but in no network: a table of positions and the scale of
// the contrastive training.
func harmless(name string) bool {
	return strings.HasSuffix(name, "position_ids") || strings.HasSuffix(name, "logit_scale") || name == "attn_mask"
}

// embed looks tokens and vectors up and adds their positions. The table is widened after the
// look-up: it is the largest weight of all and few of its rows are used.
func embed(b *graph.Builder, ids, vectors graph.Value, width int64) (rows graph.Value, tokens int64) {
	shape := []graph.Dim{ids.Shape[0], ids.Shape[1], graph.Fixed(width)}
	const name = "embeddings.token_embedding"
	table := b.Site(name, b.Raw(name+".weight"))
	tokens = table.Shape[0].Fixed
	var token, vector, own graph.Value // ids of the table, ids of vectors, and which counts
	b.Full(func() {                    // ids are no halves
		first, last := b.Scalar(float32(tokens)), b.Scalar(float32(tokens-1))
		beyond := b.Op("Greater", "vectors", graph.Bool, ids.Shape, nil, ids, last)
		token = b.Cast(b.Op("Where", "vectors", graph.Float32, ids.Shape, nil, beyond, b.Scalar(0), ids), graph.Int64)
		from := b.Op("Sub", "vectors", graph.Float32, ids.Shape, nil, ids, first)
		vector = b.Cast(b.Op("Where", "vectors", graph.Float32, ids.Shape, nil, beyond, from, b.Scalar(0)), graph.Int64)
		deep := []graph.Dim{ids.Shape[0], ids.Shape[1], graph.Fixed(1)}
		own = b.Op("Greater", "vectors", graph.Bool, deep, nil, b.Op("Unsqueeze", "vectors", graph.Float32, deep, nil, ids, b.Ints(2)), last)
	})
	axis := map[string]any{"axis": int64(0)}
	found := b.Widen(b.Op("Gather", "embeddings", table.Type, shape, axis, table, token))
	found = b.Op("Where", "embeddings", graph.Float32, shape, nil, own, b.Op("Gather", "vectors", graph.Float32, shape, axis, vectors, vector), found)
	positions := b.Op("Slice", "positions", graph.Float32, shape[1:], nil,
		b.Weight("embeddings.position_embedding.weight"), b.Ints(0), b.Sizes(ids, 1, 2), b.Ints(0))
	return b.Flat("embeddings", b.Add("embeddings", found, positions)), tokens
}

// layer is one pre-norm transformer layer; causal attention hides later tokens.
func layer(b *graph.Builder, path string, rows graph.Value, heads int64, activation string, causal bool) graph.Value {
	h := b.LayerNorm(path+".layer_norm1", rows, eps)
	attn := path + ".self_attn"
	h = b.Attention(attn, b.Linear(attn+".q_proj", h), b.Linear(attn+".k_proj", h), b.Linear(attn+".v_proj", h), heads, causal)
	rows = b.Add(path, rows, b.Linear(attn+".out_proj", h))

	h = b.Linear(path+".mlp.fc1", b.LayerNorm(path+".layer_norm2", rows, eps))
	if activation == "quick_gelu" {
		h = b.QuickGELU(path+".mlp", h)
	} else {
		h = b.GELU(path+".mlp", h)
	}
	return b.Add(path, rows, b.Linear(path+".mlp.fc2", h))
}

// choose picks the state that a skip means: state number layers−skip.
func choose(b *graph.Builder, states []graph.Value, skip graph.Value, width int64) graph.Value {
	row := graph.Named("row")
	var deep []graph.Value
	for _, s := range states {
		deep = append(deep, b.Op("Unsqueeze", "states", graph.Float32, []graph.Dim{graph.Fixed(1), row, graph.Fixed(width)}, nil, s, b.Ints(0)))
	}
	stack := b.Op("Concat", "states", graph.Float32, []graph.Dim{graph.Fixed(int64(len(states))), row, graph.Fixed(width)}, map[string]any{"axis": int64(0)}, deep...)
	index := b.Op("Sub", "skip", graph.Int64, skip.Shape, nil, b.Ints(int64(len(states))), b.Cast(skip, graph.Int64))
	return b.Flat("state", b.Op("Gather", "state", graph.Float32, []graph.Dim{graph.Fixed(1), row, graph.Fixed(width)}, map[string]any{"axis": int64(0)}, stack, index))
}

// pool takes the state at each chunk's first end token.
func pool(b *graph.Builder, ids, last graph.Value, end, width int64) graph.Value {
	is := b.Op("Equal", "end", graph.Bool, ids.Shape, nil, ids, b.Scalar(float32(end)))
	at := b.Op("ArgMax", "end", graph.Int64, []graph.Dim{ids.Shape[0], graph.Fixed(1)}, map[string]any{"axis": int64(1), "keepdims": int64(1)}, b.Cast(is, graph.Float32))
	return b.Op("GatherND", "pooled", graph.Float32, []graph.Dim{ids.Shape[0], graph.Fixed(width)}, map[string]any{"batch_dims": int64(1)}, last, at)
}
