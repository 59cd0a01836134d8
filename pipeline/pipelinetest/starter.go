package pipelinetest

// StarterMerges is the vocabulary of the made-up starter model: pairs from the letters of
// its words upward, as the text of merges.txt without its first line. "a", "boat", "red"
// and "sea" become one token each.
const StarterMerges = "b o\na t</w>\nbo at</w>\nr e\nre d</w>\ns e\nse a</w>"

// Starter returns a made-up model of the starter's kind: the layout of Stable Diffusion
// 1.x with three levels, nine channels and groups of eight, and in its metadata what no
// shape can tell, a small vocabulary of its own, and the words it knows.
func Starter() *Model {
	const bytes, merges, marks = 512, 7, 2
	return &Model{
		Name: "starter", Prediction: "v_prediction",
		Unet: Unet{In: 9, Width: 32, Mult: []int{1, 2, 2}, Depth: []int{0, 1, 1}, Middle: 1, Context: 64, Heads: 4},
		VAE:  VAE{32, []int{1, 1, 2, 2}, 1},
		Text: []Text{{64, 2, 4, 256, bytes + merges + marks, false}},
		Metadata: map[string]string{
			"format":                  "pt",
			"pentimento.name":         "Starter: a made-up model",
			"pentimento.prediction":   "v",
			"pentimento.schedule":     `{"kind":"scaled_linear","beta_start":0.00085,"beta_end":0.012,"steps":1000,"zero_terminal_snr":true}`,
			"pentimento.heads":        `{"heads":4}`,
			"pentimento.text_heads":   `{"heads":4}`,
			"pentimento.groups":       "8",
			"pentimento.scale_factor": "1.0",
			"pentimento.native_size":  "256",
			"pentimento.merges":       StarterMerges,
			"pentimento.defaults":     `{"steps":5,"cfg":2.5,"sampler":"Euler","schedule":"SGM Uniform"}`,
			"pentimento.words":        `["blue","boat","boats","red","sea","sky"]`,
		},
	}
}
