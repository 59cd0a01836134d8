package collection

import (
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"

	"go.yaml.in/yaml/v3"

	"pentimento/pipeline"
)

// Tree is a folder as its program lays it out: what is looked through of it, and further folders
// that it names in its settings.
type Tree struct {
	Program string // "A1111", "ComfyUI", "InvokeAI"; "" for a plain folder
	Root    string
	Folders []string
}

// The folders in which programs keep networks, beside others that are none of ours
// (taggers). Capitals do not matter.
var (
	foldersA1111 = []string{"models/Stable-diffusion", "models/Lora", "models/LyCORIS", "models/VAE", "models/VAE-approx", "models/ControlNet", "models/ESRGAN", "models/RealESRGAN",
		"models/SwinIR", "models/GFPGAN", "models/Codeformer", "models/insightface", "models/DAT", "models/HAT", "models/hypernetworks", "models/text_encoder", "models/diffusers", "embeddings", "extensions/sd-webui-controlnet/models"}
	foldersComfy = []string{"models/checkpoints", "models/loras", "models/vae", "models/vae_approx", "models/embeddings", "models/controlnet", "models/t2i_adapter", "models/ipadapter",
		"models/upscale_models", "models/facerestore_models", "models/facerestore", "models/insightface", "models/unet", "models/diffusion_models", "models/clip", "models/text_encoders", "models/style_models", "models/diffusers"}
)

// Program is one whose folders are known.
type Program struct {
	Name    string
	Marks   []string                   // paths below its folder, of which it has one
	Folders func(root string) []string // that are looked through
}

// Programs is the table of them.
var Programs = []Program{
	{"A1111", []string{"models/Stable-diffusion"}, func(root string) []string { return with(children(root, foldersA1111), argumentsA1111(root)) }},
	{"ComfyUI", []string{"models/checkpoints", "extra_model_paths.yaml"}, func(root string) []string { return with(children(root, foldersComfy), extraComfy(root)) }},
	{"InvokeAI", []string{"invokeai.yaml", "databases/invokeai.db"}, foldersInvoke},
}

// TreeOf tells which program a folder belongs to and what of it is looked through. A folder
// "models" of a program stands for the program's.
func TreeOf(dir string) Tree {
	if abs, err := filepath.Abs(dir); err == nil {
		dir = abs
	}
	for _, root := range []string{dir, filepath.Dir(dir)} {
		if root != dir && !strings.EqualFold(filepath.Base(dir), "models") {
			break
		}
		for _, p := range Programs {
			if slices.ContainsFunc(p.Marks, func(m string) bool { return child(root, m) != "" }) {
				return Tree{p.Name, root, p.Folders(root)}
			}
		}
	}
	return Tree{"", dir, []string{dir}}
}

// child is a path below a folder, whatever its capitals; "" where there is none.
func child(root, below string) string {
	at := root
	for _, part := range strings.Split(below, "/") {
		if next := filepath.Join(at, part); exists(next) {
			at = next
			continue
		}
		entries, err := os.ReadDir(at)
		i := slices.IndexFunc(entries, func(e os.DirEntry) bool { return strings.EqualFold(e.Name(), part) })
		if err != nil || i < 0 {
			return ""
		}
		at = filepath.Join(at, entries[i].Name())
	}
	return at
}

func children(root string, below []string) (out []string) {
	for _, b := range below {
		if dir := child(root, b); dir != "" && !slices.Contains(out, dir) {
			out = append(out, dir)
		}
	}
	return out
}

// with adds folders that are there and not yet looked through.
func with(dirs, more []string) []string {
	for _, dir := range more {
		if info, err := os.Stat(dir); err == nil && info.IsDir() && !within(dir, dirs) {
			dirs = append(dirs, dir)
		}
	}
	return dirs
}

// pathFlag finds the folders that A1111 and its forks are started with.
var pathFlag = regexp.MustCompile(`--(?:ckpt-dir|vae-dir|lora-dir|lyco-dir|embeddings-dir|hypernetwork-dir|controlnet-dir|esrgan-models-path|realesrgan-models-path|text-encoder-dir|unet-dir|models-dir|ckpt-dirs|lora-dirs)[= ]+(?:"([^"]+)"|'([^']+)'|([^\s"']+))`)

// argumentsA1111 are the further folders in A1111's start scripts.
func argumentsA1111(root string) (out []string) {
	for _, script := range []string{"webui-user.sh", "webui-user.bat"} {
		for _, line := range strings.Split(small(filepath.Join(root, script)), "\n") {
			if line = strings.TrimSpace(line); strings.HasPrefix(line, "#") || strings.HasPrefix(strings.ToLower(line), "rem ") || strings.HasPrefix(line, "::") {
				continue
			}
			for _, m := range pathFlag.FindAllStringSubmatch(line, -1) {
				out = append(out, from(root, m[1]+m[2]+m[3]))
			}
		}
	}
	return out
}

// extraComfy are the folders in ComfyUI's extra_model_paths.yaml: sections with a base_path and
// lists of folders, one a line.
func extraComfy(root string) (out []string) {
	var sections map[string]map[string]any
	if yaml.Unmarshal([]byte(small(filepath.Join(root, "extra_model_paths.yaml"))), &sections) != nil {
		return nil // ComfyUI would not start either
	}
	for _, section := range sections {
		base := root
		if text, ok := section["base_path"].(string); ok {
			base = from(root, text)
		}
		for key, value := range section {
			text, ok := value.(string)
			if !ok || key == "base_path" || key == "custom_nodes" || key == "configs" {
				continue
			}
			for _, line := range strings.Split(text, "\n") {
				if line = strings.TrimSpace(line); line != "" {
					out = append(out, from(base, line))
				}
			}
		}
	}
	slices.Sort(out)
	return out
}

// foldersInvoke is the folder of models of InvokeAI, which invokeai.yaml may move.
func foldersInvoke(root string) []string {
	var config struct {
		Dir string `yaml:"models_dir"`
	}
	_ = yaml.Unmarshal([]byte(small(filepath.Join(root, "invokeai.yaml"))), &config) // the usual place then
	if config.Dir == "" {
		config.Dir = "models"
	}
	return with(nil, []string{from(root, config.Dir)})
}

// from is a path as a program's settings have it: of the program's folder, or of the home.
func from(root, path string) string {
	if rest, ok := strings.CutPrefix(path, "~"); ok {
		if home, err := os.UserHomeDir(); err == nil {
			return filepath.Join(home, rest)
		}
	}
	if path = os.ExpandEnv(path); filepath.IsAbs(path) {
		return filepath.Clean(path)
	}
	return filepath.Join(root, filepath.FromSlash(path))
}

// Embeddings are the folders of embeddings among the places; it walks none.
func (p Places) Embeddings() (out []string) {
	for _, dir := range p.Trees {
		for _, folder := range TreeOf(dir).Folders {
			out = append(out, pipeline.EmbeddingFolders(folder)...)
		}
	}
	return out
}

// Wildcards are the folders of lists for prompts among the places; it walks none.
func (p Places) Wildcards() (out []string) {
	for _, dir := range p.Trees {
		out = append(out, pipeline.WildcardFoldersIn(TreeOf(dir).Root)...)
	}
	return out
}

// Found are the folders of other programs below a person's home, to offer.
func Found(home string) (out []Tree) {
	for _, place := range []string{"stable-diffusion-webui", "stable-diffusion-webui-forge", "sd-webui", "ComfyUI", "Documents/ComfyUI", "invokeai", "StabilityMatrix/Models"} {
		if dir := filepath.Join(home, place); exists(dir) {
			if t := TreeOf(dir); len(t.Folders) > 0 {
				out = append(out, t)
			}
		}
	}
	return out
}
