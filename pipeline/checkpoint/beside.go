package checkpoint

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"

	"pentimento/fault"
)

// Networks that come in files of their own: text encoders and the autoencoder of a file that
// holds the denoiser alone, as ComfyUI and Forge lay them out.
//
// 2026-11-27: what a model lacks is looked for by the names that the field gives such files, in
// folders near the model only. What was found is in the Checkpoint and goes into records by its
// sum: a picture never depends silently on what else lies there.

// kindFolders are how folders of separate files are called, capitals aside.
var kindFolders = map[string][]string{
	"text_encoder": {"text_encoders", "text_encoder", "clip"},
	"vae":          {"vae"},
	"controlnet":   {"controlnet", "controlnets", "t2i_adapter", "t2iadapter", "ipadapter", "ip_adapter", "ip-adapter"},
	"upscaler":     {"esrgan", "realesrgan", "swinir", "upscale_models", "upscalers", "upscaler"},
}

// ending is that of most separate files; endings are all that are looked for.
const ending = ".safetensors"

var endings = []string{ending, ".ckpt", ".pt", ".pth", ".bin", ".gguf"}

// bare is a file's name without an ending of a file of networks.
func bare(name string) string {
	for _, e := range endings {
		if strings.HasSuffix(name, e) {
			return strings.TrimSuffix(name, e)
		}
	}
	return name
}

// Folders are where separate files of a kind ("vae", "text_encoder", "controlnet" or "upscaler") are looked for: the
// model's own folder, and those called so in it and in the three above it.
func Folders(model, kind string) []string {
	dir := filepath.Dir(model)
	out, at := []string{dir}, dir
	for range 4 {
		entries, _ := os.ReadDir(at) // a folder that cannot be read holds nothing for us
		for _, e := range entries {
			if path := filepath.Join(at, e.Name()); slices.Contains(kindFolders[kind], strings.ToLower(e.Name())) && !slices.Contains(out, path) {
				out = append(out, path)
			}
		}
		if filepath.Dir(at) == at {
			break
		}
		at = filepath.Dir(at)
	}
	return out
}

// Beside is the separate file that a name stands for: a path that is there, or the name of a
// file in one of Folders, with or without its ending. The error says where it looked.
func Beside(model, kind, name string) (string, error) {
	if _, err := os.Stat(name); err == nil {
		return name, nil
	}
	base := bare(filepath.Base(name))
	folders := Folders(model, kind)
	for _, dir := range folders {
		for _, e := range append(endings, "") {
			if path := filepath.Join(dir, base+e); path != model {
				if _, err := os.Stat(path); err == nil {
					return path, nil
				}
			}
		}
	}
	what := map[string]string{"vae": "VAE", "text_encoder": "text encoder", "controlnet": "ControlNet"}[kind]
	return "", fault.New(fmt.Sprintf("%s %q: no such file", what, name), "Looked in "+strings.Join(folders, ", ")+".")
}

// usualNames are what the field calls separate files, by the role in a family.
var usualNames = map[string]map[string][]string{
	"sd1":  {"text_encoder": {"clip_l"}, "vae": {"vae-ft-mse-840000-ema-pruned", "vae-ft-ema-560000-ema-pruned"}},
	"sd2":  {"text_encoder": {"clip_h", "open_clip_h"}, "vae": {"vae-ft-mse-840000-ema-pruned", "vae-ft-ema-560000-ema-pruned"}},
	"sdxl": {"text_encoder": {"clip_l"}, "text_encoder_2": {"clip_g"}, "vae": {"sdxl_vae", "sdxl.vae", "sdxl-vae-fp16-fix"}},
}

// Incomplete is the cause of an error about a model whose file lacks whole networks that can
// be given as files of their own.
type Incomplete struct {
	Label string   // of the family that the denoiser is of
	Has   []string // roles
	Lacks []string // roles: "text_encoder", "text_encoder_2", "vae"
	names map[string][]string
}

// Error implements error.
func (e *Incomplete) Error() string {
	what := "the file holds " + wordsOf(e.Has, false)
	if len(e.Has) == 1 {
		what = "this is a denoiser alone"
	}
	return fmt.Sprintf("%s (%s); missing: %s", what, e.Label, wordsOf(e.Lacks, slices.Contains(e.Has, "text_encoder_2") || slices.Contains(e.Lacks, "text_encoder_2")))
}

// Hint says how what is missing is given.
func (e *Incomplete) Hint() string {
	var flags, names []string
	for _, role := range e.Lacks {
		flag := "--text-encoder FILE"
		if role == "vae" {
			flag = "--vae FILE"
		}
		if flags = append(flags, flag); len(e.names[role]) > 0 {
			names = append(names, e.names[role][0]+ending)
		}
	}
	return fmt.Sprintf("Choose %s in the fill panel under More, or give %s. Files called %s are found by themselves in a folder text_encoders, clip or vae near the model.",
		wordsOf(e.Lacks, slices.Contains(e.Lacks, "text_encoder_2")), strings.Join(flags, " "), strings.Join(names, ", "))
}

// wordsOf names roles for people.
func wordsOf(roles []string, two bool) string {
	text := map[string]string{"denoiser": "the denoiser", "vae": "the autoencoder (VAE)", "text_encoder": "the text encoder", "text_encoder_2": "the second text encoder (CLIP G)"}
	if two {
		text["text_encoder"] = "the first text encoder (CLIP L)"
	}
	var out []string
	for _, r := range roles {
		out = append(out, text[r])
	}
	if n := len(out) - 1; n > 0 {
		return strings.Join(out[:n], ", ") + " and " + out[n]
	}
	return strings.Join(out, "")
}

// lacks is what a model with a whole denoiser of Stable Diffusion lacks; nil where that is
// nothing, or cannot be said.
func (s *source) lacks() *Incomplete {
	d := s.parts["denoiser"]
	for _, l := range landmarks {
		if _, ok := d.tensor(l.tensor); l.role == "denoiser" && !ok {
			return nil
		}
	}
	name, roles := "sd1", []string{"text_encoder", "vae"}
	if _, labelled := d.tensor("label_emb.0.0.weight"); labelled {
		name, roles = "sdxl", []string{"text_encoder", "text_encoder_2", "vae"}
	} else if s.textWidth() == 1024 {
		name = "sd2"
	}
	if s.parts["text_encoder_2"] != nil && s.parts["text_encoder"] == nil && s.parts["vae"] != nil {
		return nil // a refiner
	}
	out := &Incomplete{Has: []string{"denoiser"}, names: usualNames[name]}
	for _, f := range StableDiffusion {
		if f.Name == name {
			out.Label = f.Label
		}
	}
	for _, r := range roles {
		if s.parts[r] != nil {
			out.Has = append(out.Has, r)
		} else {
			out.Lacks = append(out.Lacks, r)
		}
	}
	if len(out.Lacks) == 0 {
		return nil
	}
	return out
}

// tensor looks a tensor up; a part that is not there has none.
func (p *Part) tensor(name string) (t Tensor, ok bool) {
	if p == nil {
		return t, false
	}
	t, ok = p.Tensors[name]
	return t, ok
}

// textWidth is how wide the text is that the denoiser reads; 0 where it does not say.
func (s *source) textWidth() int64 {
	for _, name := range s.parts["denoiser"].Names() {
		if t := s.parts["denoiser"].Tensors[name]; strings.HasSuffix(name, ".attn2.to_k.weight") && len(t.Shape) == 2 {
			return t.Shape[1]
		}
	}
	return 0
}

// supply takes the separate files that the options name, and then looks for what is still
// missing.
func (s *source) supply(o Options) error {
	if o.VAE != "" {
		path, err := Beside(s.path, "vae", o.VAE)
		if err != nil {
			return err
		}
		if err := s.replaceVAE(path); err != nil {
			return err
		}
		s.beside = append(s.beside, Separate{"vae", path})
	}
	var texts []*textFile
	for _, name := range o.Text {
		path, err := Beside(s.path, "text_encoder", name)
		if err != nil {
			return err
		}
		found, err := readText(path)
		if err != nil {
			return wrap(path, err)
		}
		texts = append(texts, found...)
	}
	s.takeTexts(texts)
	missing := s.lacks()
	if missing == nil {
		return nil
	}
	for _, role := range missing.Lacks {
		kind, names := "text_encoder", missing.names[role]
		if role == "vae" {
			kind, names = "vae", append([]string{strings.TrimSuffix(filepath.Base(s.path), filepath.Ext(s.path)) + ".vae"}, names...)
		}
		for _, name := range names {
			path, err := Beside(s.path, kind, name+ending)
			if err != nil {
				continue
			}
			if role == "vae" {
				if s.replaceVAE(path) == nil {
					s.beside = append(s.beside, Separate{"vae", path})
					break
				}
			} else if found, err := readText(path); err == nil && len(found) == 1 {
				found[0].role = role
				s.takeTexts(found)
				break
			}
		}
	}
	return nil
}
