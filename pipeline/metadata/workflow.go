package metadata

import "fmt"

// widgetNames are the inputs that the widget values of the usual nodes stand for, in the
// order in which ComfyUI's editor saves them; "" is a value that is no input.
var widgetNames = map[string][]string{
	"KSampler":               {"seed", "", "steps", "cfg", "sampler_name", "scheduler", "denoise"},
	"KSamplerAdvanced":       {"add_noise", "noise_seed", "", "steps", "cfg", "sampler_name", "scheduler", "start_at_step", "end_at_step"},
	"SamplerCustom":          {"add_noise", "noise_seed", "", "cfg"},
	"KSamplerSelect":         {"sampler_name"},
	"BasicScheduler":         {"scheduler", "steps", "denoise"},
	"RandomNoise":            {"noise_seed"},
	"CFGGuider":              {"cfg"},
	"EmptyLatentImage":       {"width", "height", "batch_size"},
	"EmptySD3LatentImage":    {"width", "height", "batch_size"},
	"CLIPTextEncode":         {"text"},
	"CheckpointLoaderSimple": {"ckpt_name"},
	"UNETLoader":             {"unet_name"},
	"VAELoader":              {"vae_name"},
	"LoraLoader":             {"lora_name", "strength_model", "strength_clip"},
	"LoraLoaderModelOnly":    {"lora_name", "strength_model"},
	"PrimitiveNode":          {"value"},
}

// readWorkflow reads "workflow", the editor's graph, as a last resort: it holds widget
// values by position only. It is turned into the API form and read as that; without a
// sampler in it, what single nodes tell is taken.
func readWorkflow(text string) (*Recipe, error) {
	o, err := object(text)
	if err != nil {
		return nil, fmt.Errorf("ComfyUI's workflow: %w", err)
	}
	nodes, _ := o["nodes"].([]any)
	if len(nodes) > maxNodes {
		return nil, fmt.Errorf("ComfyUI's workflow: %d nodes, want at most %d", len(nodes), maxNodes)
	}
	from := map[string]any{} // link id → [node id, slot]
	links, _ := o["links"].([]any)
	for _, v := range links {
		switch l := v.(type) {
		case []any:
			if len(l) >= 5 {
				from[scalar(l[0])] = []any{l[1], l[2]}
			}
		case map[string]any: // the newer form
			from[scalar(l["id"])] = []any{l["origin_id"], l["origin_slot"]}
		}
	}
	g := &graph{nodes: map[string]node{}}
	for _, v := range nodes {
		if n, ok := v.(map[string]any); ok && scalar(n["id"]) != "" {
			g.nodes[scalar(n["id"])] = apiNode(n, from)
		}
	}
	if r, err := g.recipe(); err == nil {
		return r, nil
	}
	return g.remains()
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
