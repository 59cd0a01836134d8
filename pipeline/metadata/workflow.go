package metadata

import (
	"fmt"
	"strconv"
)

// widgetNames are the inputs that the widget values of the usual nodes stand for, in the
// order in which ComfyUI's editor saves them; "" is a value that isn't an input.
var widgetNames = map[string][]string{
	"KSampler":                 {"seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"},
	"KSamplerAdvanced":         {"add_noise", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler", "start_at_step", "end_at_step"},
	"SamplerCustom":            {"add_noise", "noise_seed", "", "cfg"},
	"KSamplerSelect":           {"sampler_name"},
	"BasicScheduler":           {"scheduler", "steps", "denoise"},
	"RandomNoise":              {"noise_seed"},
	"CFGGuider":                {"cfg"},
	"EmptyLatentImage":         {"width", "height", "batch_size"},
	"EmptySD3LatentImage":      {"width", "height", "batch_size"},
	"CLIPTextEncode":           {"text"},
	"CheckpointLoaderSimple":   {"ckpt_name"},
	"UNETLoader":               {"unet_name"},
	"VAELoader":                {"vae_name"},
	"LoraLoader":               {"lora_name", "strength_model", "strength_clip"},
	"LoraLoaderModelOnly":      {"lora_name", "strength_model"},
	"PrimitiveNode":            {"value"},
	"PrimitiveString":          {"value"},
	"PrimitiveStringMultiline": {"value"},
	"StringConcatenate":        {"string_a", "string_b", "delimiter"},
	"CLIPSetLastLayer":         {"stop_at_clip_layer"},
	"ConditioningSetArea":      {"width", "height", "x", "y", "strength"},
	"ConditioningSetMask":      {"strength", "set_cond_area"},
	"SolidMask":                {"value", "width", "height"},
	"MaskComposite":            {"x", "y", "operation"},

	"ConditioningSetAreaPercentage": {"width", "height", "x", "y", "strength"},
	"ConditioningSetAreaStrength":   {"strength"},
	"FluxGuidance":                  {"guidance"},
	"Text Multiline":                {"text"},
	"Text Concatenate":              {"delimiter", "clean_whitespace"},
	"ImpactWildcardProcessor":       {"wildcard_text", "populated_text"},
}

// readWorkflow reads "workflow", the editor's graph, as a last resort: it holds widget
// values by position only. It is turned into the API form and read as that; without a
// sampler in it, what single nodes tell is taken.
func readWorkflow(text string) (*Recipe, error) {
	o, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("ComfyUI's workflow: %w", err)
	}
	w := &workflow{g: &graph{nodes: map[string]node{}}, subgraphs: map[string]map[string]any{}}
	subgraphs, _ := child(o, "definitions")["subgraphs"].([]any)
	for _, v := range subgraphs {
		if s, ok := v.(map[string]any); ok {
			w.subgraphs[scalar(s["id"])] = s
		}
	}
	w.add(o, "", nil, 0)
	if w.seen > maxNodes {
		return nil, fmt.Errorf("ComfyUI's workflow: more than %d nodes, want at most %d", maxNodes, maxNodes)
	}
	if r, err := w.g.recipe(); err == nil {
		return r, nil
	}
	return w.g.remains()
}

// workflow turns the editor's graph into the API form. A node whose type is a subgraph's id
// is replaced by the subgraph's nodes, whose ids get the node's in front: "5:3".
type workflow struct {
	g         *graph
	subgraphs map[string]map[string]any
	seen      int
}

// The ids under which a subgraph's links name its own inputs and outputs.
const (
	outsideIn  = "-10"
	outsideOut = "-20"
)

// maxDepth bounds subgraphs within subgraphs, which a file may nest in themselves.
const maxDepth = 8

// add lays the nodes of a graph under prefix. outer are the links that reach a subgraph's
// inputs, by slot. It returns the links that leave through its outputs, by slot.
func (w *workflow) add(o map[string]any, prefix string, outer map[string]any, depth int) (leaving map[string]any) {
	from, leaving := map[string]any{}, map[string]any{}
	links, _ := o["links"].([]any)
	for _, v := range links {
		id, origin, slot, target, targetSlot := linkOf(v)
		if id == "" {
			continue
		}
		end := any([]any{prefix + origin, slot})
		if origin == outsideIn {
			if end = outer[scalar(slot)]; end == nil {
				continue
			}
		}
		from[id] = end
		if target == outsideOut {
			leaving[targetSlot] = end
		}
	}
	nodes, _ := o["nodes"].([]any)
	if w.seen += len(nodes); w.seen > maxNodes {
		return leaving
	}
	exits := map[string]map[string]any{} // of subgraphs: their node → slot → link inside
	for _, v := range nodes {
		n, ok := v.(map[string]any)
		id := scalar(n["id"])
		if !ok || id == "" {
			continue
		}
		api := apiNode(n, from)
		if s := w.subgraphs[api.class]; s != nil && depth < maxDepth {
			exits[prefix+id] = w.add(s, prefix+id+":", slots(n, from), depth+1)
			w.promote(n, prefix+id+":")
			continue
		}
		w.g.nodes[prefix+id] = api
	}
	w.through(exits, leaving)
	return leaving
}

// linkOf reads a link in its older form [id, origin, slot, target, slot, type] or its newer one.
func linkOf(v any) (id, origin string, slot any, target, targetSlot string) {
	switch l := v.(type) {
	case []any:
		if len(l) >= 5 {
			return scalar(l[0]), scalar(l[1]), l[2], scalar(l[3]), scalar(l[4])
		}
	case map[string]any:
		return scalar(l["id"]), scalar(l["origin_id"]), l["origin_slot"], scalar(l["target_id"]), scalar(l["target_slot"])
	}
	return
}

// slots are the links that reach a node's inputs, by slot.
func slots(n map[string]any, from map[string]any) map[string]any {
	out := map[string]any{}
	inputs, _ := n["inputs"].([]any)
	for i, in := range inputs {
		if in, ok := in.(map[string]any); ok {
			if link, ok := from[scalar(in["link"])]; ok {
				out[strconv.Itoa(i)] = link
			}
		}
	}
	return out
}

// promote lays the values that a subgraph's node shows over those of the nodes inside.
func (w *workflow) promote(n map[string]any, prefix string) {
	values, _ := n["widgets_values"].([]any)
	proxies, _ := child(n, "properties")["proxyWidgets"].([]any)
	for i, p := range proxies {
		p, ok := p.([]any)
		if !ok || len(p) < 2 || i >= len(values) || scalar(values[i]) == "" {
			continue
		}
		if inner, ok := w.g.nodes[prefix+scalar(p[0])]; ok {
			inner.inputs[scalar(p[1])] = values[i]
		}
	}
}

// through makes links that come from a subgraph's node come from the node inside that feeds
// that output.
func (w *workflow) through(exits map[string]map[string]any, leaving map[string]any) {
	if len(exits) == 0 {
		return
	}
	inside := func(v any) any {
		if l, ok := v.([]any); ok && len(l) == 2 {
			if end := exits[scalar(l[0])][scalar(l[1])]; end != nil {
				return end
			}
		}
		return v
	}
	for _, n := range w.g.nodes {
		for k, v := range n.inputs {
			n.inputs[k] = inside(v)
		}
	}
	for k, v := range leaving {
		leaving[k] = inside(v)
	}
}

// apiNode turns a node of the editor's graph into one of the API form.
func apiNode(n map[string]any, from map[string]any) node {
	api := node{class: scalar(n["type"]), inputs: map[string]any{}}
	switch values := n["widgets_values"].(type) {
	case []any:
		for i, name := range widgetNames[api.class] {
			if i < len(values) && name != "" {
				api.inputs[name] = values[i]
			}
		}
	case map[string]any:
		for k, v := range values {
			api.inputs[k] = v
		}
	}
	inputs, _ := n["inputs"].([]any)
	for _, in := range inputs {
		if in, ok := in.(map[string]any); ok {
			if link, ok := from[scalar(in["link"])]; ok {
				api.inputs[scalar(in["name"])] = link
			}
		}
	}
	return api
}

// remains takes what a graph without a sampler tells.
func (g *graph) remains() (*Recipe, error) {
	r := &Recipe{Dialect: ComfyUI}
	for _, id := range g.ids() {
		switch n := g.nodes[id]; n.class {
		case "EmptyLatentImage", "EmptySD3LatentImage":
			r.setSize(scalar(n.inputs["width"]), scalar(n.inputs["height"]))
		case "CheckpointLoaderSimple":
			r.Set("Model", base(scalar(n.inputs["ckpt_name"])))
		}
	}
	if len(r.Params) == 0 {
		return nil, fmt.Errorf("ComfyUI's workflow: found nothing to read in %d nodes", len(g.nodes))
	}
	r.Set("Version", "ComfyUI")
	return r, nil
}
