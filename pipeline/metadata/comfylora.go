package metadata

import (
	"encoding/json"
	"maps"
	"slices"
	"strconv"
	"strings"
)

// The names under which loaders and stacks of common packs keep the weights of a LoRA, for
// the denoiser and for the text encoder; # is the number of a stack's row. A weight that
// stands under none of them is not invented: such a LoRA is reported, not taken.
var (
	loraNames    = []string{"lora_name", "lora_name_#", "lora_#_name"}
	unetWeights  = []string{"strength_model", "lora_model_strength", "model_strength", "model_str_#", "model_weight_#", "lora_#_model_strength", "lora_#_strength", "lora_wt_#", "strength"}
	teWeights    = []string{"strength_clip", "lora_clip_strength", "clip_strength", "clip_str_#", "clip_weight_#", "lora_#_clip_strength"}
	loraSwitches = []string{"switch_#", "lora_#_enabled"}
)

// maxStack is how many rows of a stack are looked at.
const maxStack = 50

// loras notes the LoRAs of one node, the last first, as the walk upstream meets them.
func (g *graph) loras(n node, r *Recipe) {
	var found []Addon
	for i := range maxStack {
		row := strconv.Itoa(i) // row 0 stands for the names without a number, too
		if i == 0 {
			row = ""
		}
		a, ok := g.lora(n, row, r)
		if ok {
			found = append(found, a)
		}
	}
	for _, key := range slices.Sorted(maps.Keys(n.inputs)) { // {on, lora, strength}, an object a row
		o, ok := n.inputs[key].(map[string]any)
		if on, switched := o["on"].(bool); !ok || switched && !on {
			continue
		}
		name := scalar(o["lora"])
		unet, weighted := decimal(o["strength"])
		if name == "" || name == "None" || !weighted {
			continue
		}
		te, split := decimal(o["strengthTwo"])
		if !split {
			te = unet
		}
		found = append(found, Addon{Name: base(name), TE: te, UNet: unet})
	}
	slices.Reverse(found)
	r.Addons = append(r.Addons, found...)
}

// lora is row number row ("" for the only one) of a node.
func (g *graph) lora(n node, row string, r *Recipe) (Addon, bool) {
	pick := func(names []string) string {
		for _, k := range names {
			if strings.Contains(k, "#") == (row != "") {
				if s := g.literal(n, strings.ReplaceAll(k, "#", row)); s != "" {
					return s
				}
			}
		}
		return ""
	}
	name := pick(loraNames)
	if name == "" || name == "None" {
		return Addon{}, false
	}
	if s := pick(loraSwitches); s == "Off" || s == "False" {
		return Addon{}, false
	}
	if count, err := strconv.Atoi(g.literal(n, "lora_count")); err == nil && row != "" {
		if i, _ := strconv.Atoi(row); i > count {
			return Addon{}, false // rows beyond the count are hidden
		}
	}
	unet, err := strconv.ParseFloat(pick(unetWeights), 64)
	if err != nil {
		b, _ := json.Marshal(n.inputs)
		r.Unread = append(r.Unread, "lora "+base(name)+", its weight is not found: "+string(b))
		return Addon{}, false
	}
	te, err := strconv.ParseFloat(pick(teWeights), 64)
	if err != nil {
		if _, clip := n.inputs["clip"]; clip || row != "" {
			te = unet
		} else {
			te = 0 // the text encoder does not pass through this node
		}
	}
	return Addon{Name: base(name), TE: te, UNet: unet}, true
}
