package checkpoint

import (
	"fmt"
	"strconv"
	"strings"
)

// singlePrefixes are the beginnings of keys in single files, and the part each names. The
// first that fits wins; style says how what follows is named.
var singlePrefixes = []struct{ prefix, role, style string }{
	{"model.diffusion_model.", "denoiser", "ldm"},
	{"first_stage_model.", "vae", "ldm"},
	{"conditioner.embedders.0.transformer.text_model.", "text_encoder", "hf"},
	{"conditioner.embedders.1.model.", "text_encoder_2", "open"},
	{"conditioner.embedders.0.model.", "text_encoder_2", "open"}, // a refiner: the large encoder alone
	{"cond_stage_model.transformer.text_model.", "text_encoder", "hf"},
	{"cond_stage_model.transformer.", "text_encoder", "hf"}, // merges of old tools drop "text_model."
	{"cond_stage_model.model.", "text_encoder", "open"},
}

// splitStable sorts the tensors of a single file of Stable Diffusion into parts and brings
// their names to the one name space. Tensors of no part are given back apart.
func splitStable(ts []Tensor) (parts map[string]*Part, loose map[string]Tensor, err error) {
	parts, loose = map[string]*Part{}, map[string]Tensor{}
	styles := map[string]string{}
	for _, t := range ts {
		role, style, rest := stablePart(t.Key)
		if role == "" {
			loose[t.Key] = t
			continue
		}
		if s := styles[role]; s != "" && s != style {
			return nil, nil, fmt.Errorf("holds two kinds of %s: tensor %q is of the %s layout, others are of the %s layout", role, t.Key, style, s)
		}
		styles[role] = style
		p := part(parts, role)
		t.Name = rest
		if style == "open" {
			err = p.addOpen(t)
		} else {
			err = p.add(t)
		}
		if err != nil {
			return nil, nil, err
		}
	}
	for role, style := range styles {
		if style == "open" && role == "text_encoder" { // SD 2: see the package comment
			parts[role].dropLastLayer()
		}
	}
	return parts, loose, nil
}

// stablePart is the part that a key belongs to, "" for none. Some trainers put "model." before
// every key once more.
func stablePart(key string) (role, style, rest string) {
	for _, key := range []string{key, strings.TrimPrefix(key, "model.")} {
		for _, k := range singlePrefixes {
			if rest, ok := strings.CutPrefix(key, k.prefix); ok {
				return k.role, k.style, rest
			}
		}
	}
	return "", "", ""
}

func part(parts map[string]*Part, role string) *Part {
	if parts[role] == nil {
		parts[role] = &Part{Role: role, Tensors: map[string]Tensor{}}
	}
	return parts[role]
}

func (p *Part) add(t Tensor) error {
	if old, twice := p.Tensors[t.Name]; twice {
		return fmt.Errorf("tensors %q and %q both mean %s %q", old.Key, t.Key, p.Role, t.Name)
	}
	p.Tensors[t.Name] = t
	return nil
}

// openNames are the pieces of open-clip's names and what the folder layout calls them.
var openNames = strings.NewReplacer(
	"transformer.resblocks.", "encoder.layers.",
	".ln_1.", ".layer_norm1.", ".ln_2.", ".layer_norm2.",
	".mlp.c_fc.", ".mlp.fc1.", ".mlp.c_proj.", ".mlp.fc2.",
	".attn.out_proj.", ".self_attn.out_proj.",
)

// addOpen adds a tensor of an open-clip text encoder (github.com/mlfoundations/open_clip,
// transformer.py) under the folder layout's name; its fused in_proj becomes three views.
func (p *Part) addOpen(t Tensor) error {
	switch t.Name {
	case "token_embedding.weight":
		t.Name = "embeddings.token_embedding.weight"
	case "positional_embedding":
		t.Name = "embeddings.position_embedding.weight"
	case "ln_final.weight", "ln_final.bias":
		t.Name = strings.Replace(t.Name, "ln_final", "final_layer_norm", 1)
	default:
		layer, kind, fused := strings.Cut(t.Name, ".attn.in_proj_")
		if !fused {
			t.Name = openNames.Replace(t.Name)
			break
		}
		if len(t.Shape) == 0 || t.Shape[0]%3 != 0 {
			return fmt.Errorf("tensor %q has shape %v, want three equal row blocks", t.Key, t.Shape)
		}
		for i, q := range []string{"q", "k", "v"} {
			view := t.Rows(int64(i)*(t.Shape[0]/3), t.Shape[0]/3)
			view.Name = openNames.Replace(layer) + ".self_attn." + q + "_proj." + kind
			if err := p.add(view); err != nil {
				return err
			}
		}
		return nil
	}
	return p.add(t)
}

// Layers counts numbered modules: the largest N of names prefix+"N."+… plus one.
func (p *Part) Layers(prefix string) int {
	n := 0
	for name := range p.Tensors {
		if i, ok := numberAfter(name, prefix); ok {
			n = max(n, i+1)
		}
	}
	return n
}

// numberAfter reads the number in name right after prefix and before a dot.
func numberAfter(name, prefix string) (int, bool) {
	rest, ok := strings.CutPrefix(name, prefix)
	if !ok {
		return 0, false
	}
	digits, _, ok := strings.Cut(rest, ".")
	n, err := strconv.Atoi(digits)
	return n, ok && err == nil && n >= 0 && n < 1<<12 && digits == strconv.Itoa(n)
}

func (p *Part) dropLastLayer() {
	n := p.Layers("encoder.layers.")
	if n < 2 {
		return
	}
	last := fmt.Sprintf("encoder.layers.%d.", n-1)
	for name := range p.Tensors {
		if strings.HasPrefix(name, last) {
			delete(p.Tensors, name)
		}
	}
}

// fromFolder brings the tensors of one component of a diffusers folder to our names.
func fromFolder(role string, ts []Tensor) (*Part, error) {
	p := &Part{Role: role, Tensors: map[string]Tensor{}}
	rename := func(name string) (string, bool) { return strings.CutPrefix(name, "text_model.") }
	switch role {
	case "denoiser":
		rename = unetNames(ts)
	case "vae":
		rename = vaeNames(ts)
	}
	for _, t := range ts {
		name, ok := rename(t.Key)
		if !ok {
			name = t.Key // unknown: kept, so that what a network does not use can be named
		}
		t.Name = name
		if err := p.add(t); err != nil {
			return nil, err
		}
	}
	return p, nil
}

// replacement is one row of a translation: a name that begins with from begins with to.
type replacement struct{ from, to string }

func translate(rows []replacement, name string) (string, bool) {
	for _, r := range rows {
		if rest, ok := strings.CutPrefix(name, r.from); ok {
			return r.to + rest, true
		}
	}
	return name, false
}

var unetFixed = []replacement{
	{"time_embedding.linear_1.", "time_embed.0."}, {"time_embedding.linear_2.", "time_embed.2."},
	{"time_embedding.cond_proj.", "time_embed.cond_proj."},
	{"add_embedding.linear_1.", "label_emb.0.0."}, {"add_embedding.linear_2.", "label_emb.0.2."},
	{"conv_in.", "input_blocks.0.0."}, {"conv_norm_out.", "out.0."}, {"conv_out.", "out.2."},
	{"mid_block.resnets.0.", "middle_block.0."}, {"mid_block.attentions.0.", "middle_block.1."},
	{"mid_block.resnets.1.", "middle_block.2."},
}

var resnetNames = strings.NewReplacer(
	".norm1.", ".in_layers.0.", ".conv1.", ".in_layers.2.", ".time_emb_proj.", ".emb_layers.1.",
	".norm2.", ".out_layers.0.", ".conv2.", ".out_layers.3.", ".conv_shortcut.", ".skip_connection.",
)

// maxBlocks bounds the tables that hostile names could blow up; real models have four
// blocks of two to four resnets.
const maxBlocks = 32

// blocks counts, per numbered block, its resnets, and says whether it has attention.
func blocks(ts []Tensor, prefix string) (resnets []int, attention []bool) {
	for _, t := range ts {
		b, ok := numberAfter(t.Key, prefix)
		if !ok || b >= maxBlocks {
			continue
		}
		for len(resnets) <= b {
			resnets, attention = append(resnets, 0), append(attention, false)
		}
		in := fmt.Sprintf("%s%d.", prefix, b)
		if r, ok := numberAfter(t.Key, in+"resnets."); ok && r < maxBlocks {
			resnets[b] = max(resnets[b], r+1)
		}
		attention[b] = attention[b] || strings.HasPrefix(t.Key, in+"attentions.")
	}
	return resnets, attention
}

// unetRows are the rows that translate a diffusers denoiser's names to the single-file
// layout's. The number of a block follows from how many resnets the blocks before it have,
// so that models with other depths (distilled ones) come out right.
func unetRows(ts []Tensor) []replacement {
	rows := append([]replacement(nil), unetFixed...)
	down, _ := blocks(ts, "down_blocks.")
	at := 1
	for b, n := range down {
		for j := range n {
			rows = append(rows,
				replacement{fmt.Sprintf("down_blocks.%d.resnets.%d.", b, j), fmt.Sprintf("input_blocks.%d.0.", at)},
				replacement{fmt.Sprintf("down_blocks.%d.attentions.%d.", b, j), fmt.Sprintf("input_blocks.%d.1.", at)})
			at++
		}
		rows = append(rows, replacement{fmt.Sprintf("down_blocks.%d.downsamplers.0.conv.", b), fmt.Sprintf("input_blocks.%d.0.op.", at)})
		at++
	}
	up, attention := blocks(ts, "up_blocks.")
	at = 0
	for b, n := range up {
		for j := range n {
			rows = append(rows,
				replacement{fmt.Sprintf("up_blocks.%d.resnets.%d.", b, j), fmt.Sprintf("output_blocks.%d.0.", at)},
				replacement{fmt.Sprintf("up_blocks.%d.attentions.%d.", b, j), fmt.Sprintf("output_blocks.%d.1.", at)})
			at++
		}
		slot := 1
		if attention[b] {
			slot = 2
		}
		rows = append(rows, replacement{fmt.Sprintf("up_blocks.%d.upsamplers.0.conv.", b), fmt.Sprintf("output_blocks.%d.%d.conv.", at-1, slot)})
	}
	return rows
}

func unetNames(ts []Tensor) func(string) (string, bool) {
	rows := unetRows(ts)
	return func(name string) (string, bool) {
		out, ok := translate(rows, name)
		if strings.Contains(name, ".resnets.") {
			out = resnetNames.Replace(out)
		}
		return out, ok
	}
}

var vaeAttention = strings.NewReplacer(
	".group_norm.", ".norm.", ".to_q.", ".q.", ".to_k.", ".k.", ".to_v.", ".v.", ".to_out.0.", ".proj_out.",
	".query.", ".q.", ".key.", ".k.", ".value.", ".v.", ".proj_attn.", ".proj_out.",
)

// vaeNames translates a diffusers autoencoder's names to the single-file layout's.
func vaeNames(ts []Tensor) func(string) (string, bool) {
	var rows []replacement
	for _, side := range []string{"encoder.", "decoder."} {
		for _, n := range []string{"conv_in.", "conv_out."} {
			rows = append(rows, replacement{side + n, side + n})
		}
		rows = append(rows, replacement{side + "conv_norm_out.", side + "norm_out."},
			replacement{side + "mid_block.resnets.0.", side + "mid.block_1."},
			replacement{side + "mid_block.attentions.0.", side + "mid.attn_1."},
			replacement{side + "mid_block.resnets.1.", side + "mid.block_2."})
	}
	rows = append(rows, replacement{"quant_conv.", "quant_conv."}, replacement{"post_quant_conv.", "post_quant_conv."})
	down, _ := blocks(ts, "encoder.down_blocks.")
	for b := range down {
		d := fmt.Sprintf("encoder.down_blocks.%d.", b)
		rows = append(rows, replacement{d + "resnets.", fmt.Sprintf("encoder.down.%d.block.", b)},
			replacement{d + "downsamplers.0.conv.", fmt.Sprintf("encoder.down.%d.downsample.conv.", b)})
	}
	up, _ := blocks(ts, "decoder.up_blocks.")
	for b := range up {
		d, to := fmt.Sprintf("decoder.up_blocks.%d.", b), len(up)-1-b
		rows = append(rows, replacement{d + "resnets.", fmt.Sprintf("decoder.up.%d.block.", to)},
			replacement{d + "upsamplers.0.conv.", fmt.Sprintf("decoder.up.%d.upsample.conv.", to)})
	}
	return func(name string) (string, bool) {
		out, ok := translate(rows, name)
		out = strings.Replace(out, ".conv_shortcut.", ".nin_shortcut.", 1)
		if strings.Contains(out, ".attn_1.") {
			out = vaeAttention.Replace(out)
		}
		return out, ok
	}
}
