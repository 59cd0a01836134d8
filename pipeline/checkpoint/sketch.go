package checkpoint

import (
	"errors"
	"regexp"
	"slices"
	"strings"
)

// Sketch is what the header of a file or a folder of networks says, for lists of many: nothing
// near it is looked for, and no weight is read.
type Sketch struct {
	Layout string // "single" or "folder"
	Kind   string // one of Report.Kind
	// Family is a Family's name, "sdxl_refiner" or that of a family that nothing here runs;
	// "" where the header does not tell.
	Family     string
	Adapter    string // of an adapter: "LoRA", "LoHa", …
	DType      string // "fp32", "fp16", "bf16", the file's word for another, or "mixed"
	Inpainting bool
	Tensors    int
	Values     int64
	Metadata   map[string]string
	Problem    string // why it cannot be used as it is; "" where it can
}

// Look sketches what is at path. An error means that it is no file of networks, or a broken one.
func Look(path string, rows []*Family) (*Sketch, error) {
	src, err := read(path)
	if err != nil {
		return nil, wrap(path, err)
	}
	s := &Sketch{Layout: src.layout, Kind: src.kind(), Metadata: src.metadata}
	all := src.all()
	for _, t := range all.Tensors {
		s.Tensors++
		s.Values += t.values()
	}
	s.DType = all.dtype()
	c, err := src.identify(rows)
	if err == nil {
		err = c.Family.Settle(c)
	}
	switch {
	case err == nil:
		s.Kind, s.Family, s.DType, s.Inpainting = "checkpoint", c.Family.Name, c.DType, c.Inpainting
	case s.Kind == "checkpoint":
		s.Family, s.Problem = familyOf(all.Tensors, s.Metadata), plainly(src.named(err))
		if src.parts["text_encoder"] == nil && src.parts["text_encoder_2"] != nil {
			s.Family = "sdxl_refiner"
		}
	case s.Kind == "unknown":
		s.Problem = "no known network: " + plainly(err)
	default:
		s.Family = familyOf(all.Tensors, s.Metadata)
		if s.Kind == "adapter" {
			s.Adapter = adapterOf(all.Tensors)
		}
		if d := src.parts["denoiser"]; d != nil {
			s.DType = d.dtype()
			if t := d.Tensors["input_blocks.0.0.weight"]; len(t.Shape) == 4 {
				s.Inpainting = t.Shape[1] == 2*latentChannels+1
			}
		}
	}
	return s, nil
}

// all are the tensors of all parts; those of a part have its role before their names.
func (s *source) all() *Part {
	all := &Part{Tensors: map[string]Tensor{}}
	for role, p := range s.parts {
		for name, t := range p.Tensors {
			all.Tensors[role+"/"+name] = t
		}
	}
	for name, t := range s.loose {
		all.Tensors[name] = t
	}
	return all
}

// adapterKinds are pieces of names that only one kind of adapter has, the rarest first.
var adapterKinds = []struct{ name, piece string }{
	{"DoRA", "dora_scale"}, {"LoHa", "hada_w1"}, {"LoKr", "lokr_w"}, {"OFT", "oft_"}, {"IA3", "on_input"}, {"IA3", "ia3"}, {"GLoRA", ".a1.weight"}, {"GLoRA", ".b1.weight"},
	{"LoCon", "lora_mid"}, {"LoRA", "lora_"}, {"LoRA", ".lora."}, {"full", ".diff"}, {"norm", ".w_norm"},
}

// adapterOf names the kind of an adapter by its tensors' names.
func adapterOf(tensors map[string]Tensor) string {
	for _, k := range adapterKinds {
		for name := range tensors {
			if strings.Contains(strings.TrimPrefix(name, "lora_"), k.piece) {
				return k.name
			}
		}
	}
	return ""
}

// plainly is an error without the name of its file.
func plainly(err error) string {
	var e *Error
	if errors.As(err, &e) {
		return e.Err.Error()
	}
	return err.Error()
}

// readers are the widths of the text that the denoisers of families read.
var readers = map[int64]string{768: "sd1", 1024: "sd2", 2048: "sdxl", 1280: "sdxl_refiner"}

// taggedFamilies are words in what trainers write of the model that an adapter was made for
// (ss_base_model_version, modelspec.architecture), the longest first.
var taggedFamilies = []struct{ word, family string }{
	{"refiner", "sdxl_refiner"}, {"sdxl", "sdxl"}, {"stable-diffusion-xl", "sdxl"}, {"stable-diffusion-v1", "sd1"}, {"sd_v1", "sd1"}, {"sd_1", "sd1"},
	{"stable-diffusion-v2", "sd2"}, {"sd_v2", "sd2"}, {"sd3", "sd3"}, {"stable-diffusion-3", "sd3"}, {"stable-diffusion-v3", "sd3"}, {"flux", "flux"},
}

// markedFamilies are pieces of tensors' names that only one family has.
var markedFamilies = []struct {
	family string
	pieces []string
}{
	{"flux", []string{"double_blocks.", "double_blocks_", "single_transformer_blocks", "single_blocks_"}},
	{"sd3", []string{"joint_blocks.", "joint_blocks_"}},
	{"sdxl", []string{"lora_te2_", "text_encoder_2.", "text_encoder_2/", "transformer_blocks_1_attn", "transformer_blocks.1.attn", "label_emb.", "add_embedding.", "clip_g"}},
}

// familyOf is the family that networks beside a denoiser were made for, by what only it has, by
// the width of the text that they read, and last by what a trainer wrote; "" where nothing
// tells, as for an autoencoder: three families share its form.
func familyOf(tensors map[string]Tensor, metadata map[string]string) string {
	names := make([]string, 0, len(tensors))
	for name := range tensors {
		names = append(names, name)
	}
	slices.Sort(names)
	for _, m := range markedFamilies {
		for _, name := range names {
			name = strings.TrimPrefix(name, "control_add_embedding.") // a Union ControlNet of any family
			if slices.ContainsFunc(m.pieces, func(p string) bool { return strings.Contains(name, p) }) {
				return m.family
			}
		}
	}
	for _, name := range names {
		if f := readers[textWidth(name, tensors)]; f != "" {
			return f
		}
	}
	for _, key := range []string{"ss_base_model_version", "modelspec.architecture"} {
		said := strings.ToLower(metadata[key])
		for _, t := range taggedFamilies {
			if strings.Contains(said, t.word) {
				return t.family
			}
		}
	}
	return ""
}

// reading are modules that read a text from outside, of denoisers and of text encoders; in an
// adapter's names dots may be underscores.
var reading = regexp.MustCompile(`attn2[._]to_[kv]([._]|$)|to_k_ip\.weight|(encoder[._]layers|resblocks)[._]\d+[._].*(q_proj|in_proj|attn)`)

// textWidth is the width of the text that a tensor reads or is, 0 where it does not say.
func textWidth(name string, tensors map[string]Tensor) int64 {
	shape := tensors[name].Shape
	if len(shape) == 0 {
		return 0
	}
	last := shape[len(shape)-1]
	switch {
	case strings.HasPrefix(name, "string_to_param."), name == "emb_params", name == "clip_l":
		return last
	case strings.HasPrefix(name, "<") && len(shape) == 1:
		return last
	case name == "conv_in.weight" && len(shape) == 4 && shape[1]%64 == 0: // a T2I-Adapter: 64 or 256 pixels a place
		return map[int64]int64{64: 768, 192: 768, 256: 2048, 768: 2048}[shape[1]]
	case len(shape) < 2 || !reading.MatchString(name):
		return 0
	}
	if head, ok := strings.CutSuffix(name, ".lokr_w1"); ok { // of a product of two
		for _, second := range []string{".lokr_w2", ".lokr_w2_b"} {
			if t := tensors[head+second]; len(t.Shape) > 1 {
				return shape[1] * t.Shape[1]
			}
		}
	}
	for _, end := range []string{"lora_down.weight", "lora_A.weight", "lora_A.default.weight", "lora.down.weight", "hada_w1_b", "to_k.weight", "to_v.weight", "to_k_ip.weight", ".diff", "q_proj.weight"} {
		if strings.HasSuffix(name, end) {
			return shape[1]
		}
	}
	return 0
}
