package checkpoint

import (
	"cmp"
	"errors"
	"path/filepath"
	"slices"
	"strings"
)

// Separate is a network that came out of a file of its own.
type Separate struct{ Role, Path string }

// textFile is a text encoder of a separate file.
type textFile struct {
	part   *Part
	role   string // "": to be told from its width
	config *textConfig
	path   string
	files  []File
}

// width is that of the encoder's states; 0 where it does not say.
func (t *textFile) width() int64 {
	if e := t.part.Tensors["embeddings.token_embedding.weight"]; len(e.Shape) == 2 {
		return e.Shape[1]
	}
	return 0
}

// readText reads separate text encoders: a diffusers text_encoder folder, a whole model, or a
// single file in transformers' or open-clip's naming.
func readText(path string) ([]*textFile, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if isDir(abs) && !isFile(filepath.Join(abs, "model_index.json")) {
		s := &source{path: abs, layout: "folder", parts: map[string]*Part{}, metadata: map[string]string{}}
		config, err := loadConfig[textConfig](filepath.Join(abs, "config.json"))
		if err == nil {
			err = s.component("text_encoder", abs)
		}
		if err != nil {
			return nil, err
		}
		return []*textFile{{part: s.parts["text_encoder"], config: config, path: abs, files: s.files}}, nil
	}
	s, err := read(abs)
	if err != nil {
		return nil, err
	}
	var out []*textFile
	for _, role := range []string{"text_encoder", "text_encoder_2"} {
		if p := s.parts[role]; p != nil {
			out = append(out, &textFile{part: p, role: role, config: s.configs.text[role], path: abs, files: s.files})
		}
	}
	if len(out) > 0 {
		return out, nil
	}
	p, err := s.bareText()
	if err != nil {
		return nil, err
	}
	return []*textFile{{part: p, path: abs, files: s.files}}, nil
}

// bareText makes a text encoder of the tensors of a file that holds nothing else, or CLIP's
// half for pictures as well.
func (s *source) bareText() (*Part, error) {
	_, open := s.loose["token_embedding.weight"]
	p := &Part{Role: "text_encoder", Tensors: map[string]Tensor{}}
	for _, key := range s.looseNames() {
		t := s.loose[key]
		name, mine := strings.CutPrefix(key, "text_model.")
		mine = mine || key == "text_projection.weight" || strings.HasPrefix(key, "embeddings.") || strings.HasPrefix(key, "encoder.layers.") || strings.HasPrefix(key, "final_layer_norm.")
		var err error
		switch t.Name = name; {
		case open && !strings.HasPrefix(key, "visual.") && key != "logit_scale":
			err = p.addOpen(t)
		case !open && mine:
			err = p.add(t)
		}
		if err != nil {
			return nil, err
		}
	}
	if _, ok := p.Tensors["embeddings.token_embedding.weight"]; !ok {
		if k, ok := s.strangerOf(); ok {
			return nil, errors.New("this is " + k.words + "; want a text encoder of CLIP")
		}
		return nil, errors.New("holds no text encoder of CLIP: neither text_model.embeddings.token_embedding.weight nor token_embedding.weight")
	}
	return p, nil
}

// takeTexts gives separate text encoders their places. Of two without a role the narrower is
// the first; one alone is the second where it makes up most of what the denoiser reads.
func (s *source) takeTexts(texts []*textFile) {
	_, labelled := s.parts["denoiser"].tensor("label_emb.0.0.weight")
	var bare []*textFile
	for _, t := range texts {
		if !labelled {
			t.role = "text_encoder"
		}
		if t.role == "" {
			bare = append(bare, t)
		}
	}
	slices.SortStableFunc(bare, func(a, b *textFile) int { return cmp.Compare(a.width(), b.width()) })
	for i, t := range bare {
		t.role = "text_encoder"
		if len(bare) > 1 && i == 1 || len(bare) == 1 && 2*t.width() > s.textWidth() {
			t.role = "text_encoder_2"
		}
	}
	for _, t := range texts {
		p := t.part
		if t.role == "text_encoder" {
			delete(p.Tensors, "text_projection") // the first encoder's is never used
			delete(p.Tensors, "text_projection.weight")
		}
		if !labelled && s.textWidth() == 1024 && p.Layers("encoder.layers.") == 24 {
			p.dropLastLayer() // SD 2: see the package comment
		}
		p.Role = t.role
		s.parts[t.role] = p
		if s.configs.text == nil {
			s.configs.text = map[string]*textConfig{}
		}
		s.configs.text[t.role] = t.config
		s.beside = append(s.beside, Separate{t.role, t.path})
		for _, f := range t.files {
			if !slices.Contains(s.files, f) {
				s.files = append(s.files, f)
			}
		}
	}
}

// bareDenoiser makes a denoiser of the tensors of a file that holds nothing else, in either
// naming.
func (s *source) bareDenoiser() error {
	has := func(names ...string) bool {
		return !slices.ContainsFunc(names, func(n string) bool { _, ok := s.loose[n]; return !ok })
	}
	diffusers := has("conv_in.weight", "conv_out.weight", "time_embedding.linear_1.weight", "mid_block.resnets.0.conv1.weight")
	if s.parts["denoiser"] != nil || !diffusers && !has("input_blocks.0.0.weight", "out.2.weight", "time_embed.0.weight") {
		return nil
	}
	ts := make([]Tensor, 0, len(s.loose))
	for _, t := range s.loose {
		ts = append(ts, t)
	}
	sortTensors(ts)
	p := &Part{Role: "denoiser", Tensors: map[string]Tensor{}}
	if diffusers {
		var err error
		if p, err = fromFolder("denoiser", ts); err != nil {
			return err
		}
	} else {
		for _, t := range ts {
			t.Name = t.Key
			p.Tensors[t.Key] = t
		}
	}
	s.parts["denoiser"], s.loose = p, map[string]Tensor{}
	return nil
}
