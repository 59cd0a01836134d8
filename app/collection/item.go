package collection

import (
	"encoding/base64"
	"encoding/json"
	"errors"
	"io/fs"
	"os"
	"path/filepath"
	"regexp"
	"strings"
	"time"
	"unicode/utf8"

	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
)

// The kinds of items besides those of checkpoint.Sketch.
const (
	Broken  = "broken"  // a file that says it holds networks and does not
	Unknown = "unknown" // networks, or a file, that nothing here reads
)

// Kinds are all kinds of items, in the order in which they are offered.
var Kinds = []string{"checkpoint", "adapter", "embedding", "vae", "controlnet", "t2i_adapter", "ip_adapter", "upscaler", "segmenter", "prompted_segmenter", "face_restorer", "face_swapper", "face_embedder", "denoiser", "text_encoder", "tiny_vae", Unknown, Broken}

// Item is one file of networks, or one diffusers folder.
type Item struct {
	Path   Path   `json:"path"`             // absolute, as it was found
	Real   Path   `json:"real,omitempty"`   // where a link leads; "" of what is none
	Folder bool   `json:"folder,omitempty"` // a diffusers folder
	Size   int64  `json:"size"`             // bytes
	Time   int64  `json:"time"`             // of the last change, nanoseconds since 1970
	Beside string `json:"beside,omitempty"` // state of the files beside it

	Kind       string `json:"kind"`
	Adapter    string `json:"adapter,omitempty"` // of an adapter: "LoRA", "LoHa", …
	Family     string `json:"family,omitempty"`  // "sd1", "sd2", "sdxl", …; "" where nothing tells
	DType      string `json:"dtype,omitempty"`
	Inpainting bool   `json:"inpainting,omitempty"`
	Values     int64  `json:"values,omitempty"`
	Problem    string `json:"problem,omitempty"` // why it is broken, unknown or incomplete

	Sums  pipeline.Sums `json:"sums,omitzero"` // none until the file was read whole
	Card  Card          `json:"card,omitzero"`
	Added time.Time     `json:"added"`
	Gone  bool          `json:"gone,omitempty"` // it was there
	Away  bool          `json:"away,omitempty"` // gone with its folder, such as a drive
}

// Path is a file's name; where it is no UTF-8, as on disks from long ago, the index keeps its
// bytes.
type Path string

// MarshalJSON implements json.Marshaler.
func (p Path) MarshalJSON() ([]byte, error) {
	if utf8.ValidString(string(p)) {
		return json.Marshal(string(p))
	}
	return json.Marshal(map[string]string{"bytes": base64.StdEncoding.EncodeToString([]byte(p))})
}

// UnmarshalJSON implements json.Unmarshaler.
func (p *Path) UnmarshalJSON(b []byte) error {
	var text string
	if json.Unmarshal(b, &text) == nil {
		*p = Path(text)
		return nil
	}
	var raw struct{ Bytes []byte }
	err := json.Unmarshal(b, &raw)
	*p = Path(raw.Bytes)
	return err
}

// same says whether a file is the one of the item.
func (i *Item) same(size, time int64) bool { return i.Size == size && i.Time == time }

// newItem reads a file's header and what is written beside it.
func newItem(s seen) *Item {
	i := &Item{Path: Path(s.path), Real: s.real, Folder: s.folder, Size: s.size, Time: s.time, Beside: s.beside, Kind: Broken, Added: time.Now().UTC().Truncate(time.Second)}
	if err := s.err; err != nil {
		i.Problem = plainly(err)
		return i
	}
	err := fault.Guard("header", func() { // a file must not end the list of the others
		sketch, err := pipeline.Look(s.path)
		if err != nil {
			i.Problem = plainly(err)
			if strings.Contains(i.Problem, "which can't be read") { // another program's form, and whole
				i.Kind = Unknown
			}
			return
		}
		i.Kind, i.Adapter, i.Family, i.DType, i.Inpainting, i.Values, i.Problem = sketch.Kind, sketch.Adapter, sketch.Family, sketch.DType, sketch.Inpainting, sketch.Values, sketch.Problem
		i.Card = cardOf(s, sketch.Metadata)
	})
	if err != nil {
		i.Kind, i.Problem = Broken, plainly(err)
	}
	return i
}

// plainly is an error for people, without the file's name, which is beside it.
func plainly(err error) string {
	if errors.Is(err, fs.ErrPermission) {
		return words.T("it may not be read: permission denied")
	}
	text := fault.Plain(err)
	if _, rest, ok := strings.Cut(text, `": `); ok && strings.HasPrefix(text, `checkpoint "`) {
		return rest
	}
	return text
}

// endings are those of files that hold networks, of any program.
var endings = []string{".safetensors", ".sft", ".ckpt", ".pt", ".pth", ".bin", ".gguf", ".onnx"}

// stem is a path without the ending of a model.
func stem(path string) string {
	ext := filepath.Ext(path)
	for _, e := range endings {
		if strings.EqualFold(e, ext) {
			return path[:len(path)-len(ext)]
		}
	}
	return path
}

// common are names of files that say nothing: their folder's does.
var common = regexp.MustCompile(`(?i)^(diffusion_pytorch_model|pytorch_model|pytorch_lora_weights|model|learned_embeds)([.-].*)?$`)

// Name is what recipes and people call the item: its file's name without ending, or its folder's.
func (i *Item) Name() string { return Name(string(i.Path)) }

// Name is what people call a file of networks or a folder of them.
func Name(path string) string {
	if up := filepath.Dir(path); filepath.Base(up) == "snapshots" { // the cache of a hub
		if name, ok := strings.CutPrefix(filepath.Base(filepath.Dir(up)), "models--"); ok {
			return strings.ReplaceAll(name, "--", "/")
		}
	}
	name := filepath.Base(stem(path))
	if common.MatchString(name) {
		return filepath.Base(filepath.Dir(path))
	}
	return name
}

// Usable says whether the item can be used as it is.
func (i *Item) Usable() bool {
	return !i.Gone && i.Kind != Broken && i.Kind != Unknown && (i.Problem == "" || i.Kind == "checkpoint")
}

// Target is the file itself, also behind a link.
func (i *Item) Target() string {
	if i.Real != "" {
		return string(i.Real)
	}
	return string(i.Path)
}

// exists says whether something is at a path, a broken link too.
func exists(path string) bool {
	_, err := os.Lstat(path)
	return err == nil
}
