package checkpoint

import (
	"cmp"
	"fmt"
	"slices"
	"strings"
)

// FolderName gives a function from a tensor's name to what a diffusers folder calls it:
// other programs' files (adapters, controls) speak of modules by those names. A name that
// the folder layout does not have comes back as it is.
func (p *Part) FolderName() func(name string) string {
	switch p.Role {
	case "text_encoder", "text_encoder_2":
		return func(name string) string { return "text_model." + name }
	case "denoiser":
	default:
		return func(name string) string { return name }
	}
	rows := unetRows(p.folderBlocks())
	for i, r := range rows {
		rows[i] = replacement{r.to, r.from}
	}
	// "output_blocks.2.1.conv." is an upsampler, other "output_blocks.2.1." attention.
	slices.SortStableFunc(rows, func(a, b replacement) int { return cmp.Compare(len(b.from), len(a.from)) })
	return func(name string) string {
		out, _ := translate(rows, name)
		if strings.Contains(out, "resnets.") {
			out = folderResnets.Replace(out)
		}
		return out
	}
}

var folderResnets = strings.NewReplacer(
	".in_layers.0.", ".norm1.", ".in_layers.2.", ".conv1.", ".emb_layers.1.", ".time_emb_proj.",
	".out_layers.0.", ".norm2.", ".out_layers.3.", ".conv2.", ".skip_connection.", ".conv_shortcut.",
)

// folderBlocks lists one key for each block that a folder's denoiser of this shape has.
func (p *Part) folderBlocks() (keys []Tensor) {
	has := func(name string) bool { _, ok := p.Tensors[name]; return ok }
	add := func(format string, numbers ...any) { keys = append(keys, Tensor{Key: fmt.Sprintf(format, numbers...)}) }
	level, j := 0, 0
	for k := 1; k < p.Layers("input_blocks."); k++ {
		if has(fmt.Sprintf("input_blocks.%d.0.op.weight", k)) {
			level, j = level+1, 0
			continue
		}
		add("down_blocks.%d.resnets.%d.", level, j)
		j++
	}
	level, j = 0, 0
	for k := range p.Layers("output_blocks.") {
		at := fmt.Sprintf("output_blocks.%d.", k)
		add("up_blocks.%d.resnets.%d.", level, j)
		if has(at + "1.proj_in.weight") {
			add("up_blocks.%d.attentions.%d.", level, j)
		}
		j++
		if has(at+"1.conv.weight") || has(at+"2.conv.weight") {
			level, j = level+1, 0
		}
	}
	return keys
}
