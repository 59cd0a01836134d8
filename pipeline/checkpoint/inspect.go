package checkpoint

import (
	"context"
	"errors"
	"fmt"
	"path/filepath"
	"strings"
)

// Report is what Inspect finds out; it is made to be printed or written as JSON.
type Report struct {
	Path   string `json:"path"`
	Layout string `json:"layout"` // "single" or "folder"
	// Kind is "checkpoint", "unknown" or the kind of a stranger: "vae", "tiny_vae", "denoiser",
	// "text_encoder", "controlnet", "t2i_adapter", "adapter", "ip_adapter", "embedding", "upscaler", "face_restorer".
	Kind        string         `json:"kind"`
	Adapter     string         `json:"adapter,omitempty"` // of an adapter: "LoRA", "LoHa", …
	Family      string         `json:"family,omitempty"`
	FamilyLabel string         `json:"family_label,omitempty"`
	DType       string         `json:"dtype,omitempty"`
	Channels    int64          `json:"in_channels,omitempty"`
	Inpainting  bool           `json:"inpainting,omitempty"`
	Parts       []PartReport   `json:"parts,omitempty"`
	Settings    *SettingReport `json:"settings,omitempty"`
	Tensors     int            `json:"tensors"`
	Values      int64          `json:"values"`
	Files       []FileReport   `json:"files"`
	// SHA256 and ShortHash (its first ten characters, as A1111 writes them into pictures)
	// are those of a single file; a folder has them for each of its files.
	SHA256    string            `json:"sha256,omitempty"`
	ShortHash string            `json:"short_hash,omitempty"`
	Metadata  map[string]string `json:"metadata,omitempty"` // long values are cut
	Problems  []string          `json:"problems"`
}

// PartReport is one network of a checkpoint.
type PartReport struct {
	Role    string `json:"role"`
	DType   string `json:"dtype"`
	Tensors int    `json:"tensors"`
	Values  int64  `json:"values"`
	Width   int64  `json:"width,omitempty"`  // text encoders
	Layers  int    `json:"layers,omitempty"` // text encoders
}

// SettingReport is Settings, for JSON.
type SettingReport struct {
	Prediction    string   `json:"prediction"`
	PredictionWhy string   `json:"prediction_why"`
	Schedule      Schedule `json:"schedule"`
	ScaleFactor   float64  `json:"scale_factor"`
	NativeSize    int      `json:"native_size"`
}

// FileReport is one file with its hash.
type FileReport struct {
	Name      string `json:"name"`
	Size      int64  `json:"size"`
	SHA256    string `json:"sha256"`
	ShortHash string `json:"short_hash"`
	// Data begins with AutoV3 and is what sd-scripts calls the model hash; Old is the eight
	// digits of A1111 before 2023. See Sums.
	Data string `json:"data_sha256,omitempty"`
	Old  string `json:"old_hash,omitempty"`
}

const maxMetadataShown = 1000

// Inspect reads everything there is to say about a model file or folder without loading
// it, and hashes its files; hashing reads them whole, so it reports progress in bytes
// (may be nil) and ends with ctx.Err() when ctx ends. What is wrong with a readable file
// is in Problems; an error means that nothing could be read.
func Inspect(ctx context.Context, path string, o Options, progress func(done, total int64)) (*Report, error) {
	src, err := read(path)
	if err != nil {
		return nil, wrap(path, err)
	}
	r := &Report{Path: path, Layout: src.layout, Kind: "unknown", Metadata: map[string]string{}, Problems: []string{}}
	for k, v := range src.metadata {
		if len(v) > maxMetadataShown {
			v = strings.ToValidUTF8(v[:maxMetadataShown], "") + "…"
		}
		r.Metadata[k] = v
	}
	parts, loose := src.parts, src.loose
	ck, err := Open(path, o)
	if err == nil {
		r.Kind = "checkpoint"
		r.describe(ck)
		parts, loose = map[string]*Part{}, ck.loose
		for _, p := range ck.Parts() {
			parts[p.Role] = p
		}
	} else if r.Kind = src.kind(); r.Kind == "unknown" || src.parts["denoiser"] != nil {
		cause := err
		var e *Error
		if errors.As(err, &e) {
			cause = e.Err
		}
		r.Problems = append(r.Problems, cause.Error())
	} else {
		all := src.all()
		if r.Family = familyOf(all.Tensors, src.metadata); r.Kind == "adapter" {
			r.Adapter = adapterOf(all.Tensors)
		}
	}
	r.count(parts, loose)
	return r, r.hash(ctx, src, progress)
}

// Kind says what a file or folder is in the words of Report.Kind, by the names of its tensors
// alone: a checkpoint may still lack something.
func Kind(path string) (string, error) {
	s, err := read(path)
	if err != nil {
		return "", wrap(path, err)
	}
	return s.kind(), nil
}

// kind names what isn't a whole model.
func (s *source) kind() string {
	if k, ok := s.strangerOf(); ok {
		return k.kind
	}
	if missing := s.lacks(); missing != nil && len(missing.Has) == 1 {
		return "denoiser"
	}
	if s.parts["denoiser"] != nil {
		return "checkpoint"
	}
	return "unknown"
}

func (r *Report) describe(c *Checkpoint) {
	r.Family, r.FamilyLabel, r.DType = c.Family.Name, c.Family.Label, c.DType
	r.Channels, r.Inpainting = c.Channels, c.Inpainting
	r.Settings = &SettingReport{c.Prediction, c.PredictionWhy, c.Schedule, c.ScaleFactor, c.NativeSize}
	r.Problems = append(r.Problems, c.Problems...)
	if c.Layout == "folder" && len(c.Tokenizers) < len(c.Text) {
		r.Problems = append(r.Problems, "the folder lacks a tokenizer (vocab.json, merges.txt); the program's own is used")
	}
	if c.Denoiser.ONNX != nil {
		r.Problems = append(r.Problems, "the networks are ONNX models of another program: they run as they are, and take no adapters")
	}
	if c.DType == "mixed" {
		r.Problems = append(r.Problems, "the denoiser's matrices are of several types")
	}
}

// count lists the parts and adds up what there is.
func (r *Report) count(parts map[string]*Part, loose map[string]Tensor) {
	for _, role := range []string{"denoiser", "text_encoder", "text_encoder_2", "vae"} {
		p := parts[role]
		if p == nil {
			continue
		}
		pr := PartReport{Role: role, DType: p.dtype(), Tensors: len(p.Tensors), Layers: p.Layers("encoder.layers.")}
		for _, t := range p.Tensors {
			pr.Values += t.values()
		}
		if t := p.Tensors["embeddings.token_embedding.weight"]; len(t.Shape) == 2 {
			pr.Width = t.Shape[1]
		}
		r.Parts = append(r.Parts, pr)
		r.Tensors += pr.Tensors
		r.Values += pr.Values
	}
	stray, averages := 0, 0
	types := &Part{Tensors: loose}
	for _, t := range loose {
		r.Tensors++
		r.Values += t.values()
		if strings.HasPrefix(t.Key, "model_ema.") {
			averages++
		} else if t.values() > 4096 {
			stray++
		}
	}
	if r.DType == "" {
		r.DType = types.dtype()
	}
	if averages > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("carries a second copy of the weights from training (%d tensors named model_ema.…), which is not used", averages))
	}
	if r.Kind == "checkpoint" && stray > 0 {
		r.Problems = append(r.Problems, fmt.Sprintf("%d large tensors belong to no part of the model", stray))
	}
}

// values is the number of elements; the header's check has ruled out overflow.
func (t Tensor) values() int64 {
	if t.Length == 0 {
		return 0
	}
	n := int64(1)
	for _, d := range t.Shape {
		n *= d
	}
	return n
}

func (r *Report) hash(ctx context.Context, s *source, progress func(done, total int64)) error {
	total, done := int64(0), int64(0)
	for _, f := range s.files {
		total += f.Size
	}
	for _, f := range s.files {
		sums, err := FileSums(ctx, f.Path, func(n int) {
			if done += int64(n); progress != nil {
				progress(done, total)
			}
		})
		if err != nil {
			return wrap(r.Path, err)
		}
		name, err := filepath.Rel(s.path, f.Path)
		if err != nil || !filepath.IsLocal(name) || name == "." {
			name = filepath.Base(f.Path)
		}
		r.Files = append(r.Files, FileReport{Name: filepath.ToSlash(name), Size: f.Size, SHA256: sums.SHA256, ShortHash: sums.SHA256[:10], Data: sums.Data, Old: sums.Old})
	}
	if s.layout == "single" && len(r.Files) > 0 {
		r.SHA256, r.ShortHash = r.Files[0].SHA256, r.Files[0].ShortHash
	}
	return nil
}
