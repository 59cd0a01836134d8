// Package metadata reads and writes the prompt information that pictures carry: how a
// picture was made, in the words of the program that made it.
//
// Start at Read, which recognises the dialects (ours, A1111, stable-diffusion.cpp,
// InvokeAI in three generations, ComfyUI, NovelAI, Unpaint, SwarmUI, Fooocus, Draw Things,
// Easy Diffusion) in the texts of a picture and returns one Recipe. To add one: a file, and
// a row in dialects (texts) or in jsonForms (one JSON object). Document is what we write: every accepted fill, as JSON, and
// beside it A1111's "parameters" line for the other tools. The texts themselves are got
// in and out of picture files by canvas/file; this package knows no file format.
//
// 2026-11-23: a Recipe keeps its parameters as an ordered list under A1111's keys. That
// is the one vocabulary all tools of the field read, and so the order of a foreign line
// and keys unknown to us survive a re-export.
// 2026-11-23: names of samplers and schedules that we do not know are kept as they are and
// shown, never replaced by something near.
// 2026-11-25: what no reader understands is kept as it stands in Recipe.Unread, and the text
// that was read in Recipe.Source, so that nothing is lost by being read here.
// 2026-11-25: all walks through one ComfyUI graph share one bound (maxSteps): a bound for
// each still lets many walks over a long chain take minutes.
// 2026-11-25: what fills a picture owes itself to is decided by pixels that still show
// (Fill.Shows), not by rectangles: a large fill that was painted over isn't a picture's recipe.
// 2026-11-23: only base names of models leave the program: a path tells a user's name.
package metadata

import (
	"cmp"
	"math"
	"slices"
	"strconv"
	"strings"
)

// Text is a keyword and a text, as a picture file carries them.
type Text struct{ Key, Text string }

// Param is one parameter; Key is A1111's name for it where there is one.
type Param struct {
	Key   string `json:"key"`
	Value string `json:"value"`
}

// Addon is a LoRA and its weights on the text encoder and the denoiser.
type Addon struct {
	Name string  `json:"name"`
	TE   float64 `json:"te"`
	UNet float64 `json:"unet"`
	Args string  `json:"args,omitempty"` // what its tag says behind them, as in ":lbw=OUTALL"
}

// Tag writes the add-on as A1111's prompts name it: one weight where both are equal.
func (a Addon) Tag() string {
	if a.TE == a.UNet {
		return "<lora:" + a.Name + ":" + number(a.UNet) + a.Args + ">"
	}
	return "<lora:" + a.Name + ":" + number(a.TE) + ":" + number(a.UNet) + a.Args + ">"
}

// The dialects.
const (
	Ours     = "Pentimento"
	A1111    = "A1111"
	SDCpp    = "stable-diffusion.cpp"
	InvokeAI = "InvokeAI"
	ComfyUI  = "ComfyUI"
	NovelAI  = "NovelAI"
	Unpaint  = "Unpaint"

	SwarmUI       = "SwarmUI"
	Fooocus       = "Fooocus"
	DrawThings    = "Draw Things"
	EasyDiffusion = "Easy Diffusion"
)

// Recipe is how a picture was made. The zero value is an empty one.
type Recipe struct {
	Dialect  string // one of the constants
	Prompt   string
	Negative string
	Params   []Param // in the order found, or A1111's where we made it
	Addons   []Addon // that are not named in Prompt
	Unread   []string
	// Source is the text it was read from; Rest are the picture's other texts.
	Source Text
	Rest   []Text
	// Document is set for our own dialect.
	Document *Document
}

// order is the order in which A1111 writes its parameters (and ours).
var order = strings.Split("Steps|Sampler|Schedule type|CFG scale|Image CFG scale|Seed|Face restoration|Size|Model hash|Model|FP8 weight|"+
	"Cache FP16 weight for LoRA|VAE hash|VAE|Variation seed|Variation seed strength|Seed resize from|Denoising strength|"+
	"Conditional mask weight|Clip skip|ENSD|Token merging ratio|Token merging ratio hr|Init image hash|RNG|Tiling", "|")

// last are the keys that A1111 writes behind everything else.
var last = []string{"Version", "User"}

func rank(key string) int {
	if i := slices.Index(order, key); i >= 0 {
		return i
	}
	if i := slices.Index(last, key); i >= 0 {
		return len(order) + 1 + i
	}
	return len(order)
}

// Get returns the value of a parameter as written.
func (r *Recipe) Get(key string) (string, bool) {
	for _, p := range r.Params {
		if p.Key == key {
			return p.Value, true
		}
	}
	return "", false
}

// Set writes a parameter: in place when it is there, otherwise where A1111 would put it
// among the others. An empty value removes it.
func (r *Recipe) Set(key, value string) {
	i := slices.IndexFunc(r.Params, func(p Param) bool { return p.Key == key })
	switch {
	case i >= 0 && value == "":
		r.Params = slices.Delete(r.Params, i, i+1)
	case i >= 0:
		r.Params[i].Value = value
	case value != "":
		at := slices.IndexFunc(r.Params, func(p Param) bool { return rank(p.Key) > rank(key) })
		if at < 0 {
			at = len(r.Params)
		}
		r.Params = slices.Insert(r.Params, at, Param{key, value})
	}
}

// defaults are what A1111 means when it leaves a key out.
var defaults = map[string]string{
	"Clip skip": "1", "Hires resize-1": "0", "Hires resize-2": "0", "Hires sampler": "Use same sampler",
	"Hires checkpoint": "Use same checkpoint", "Hires schedule type": "Use same scheduler", "Mask mode": "Inpaint masked",
	"Masked content": "original", "Inpaint area": "Whole picture", "Masked area padding": "32", "RNG": "GPU",
	"Schedule type": "Automatic", "VAE Encoder": "Full", "VAE Decoder": "Full", "FP8 weight": "Disable",
}

// Value returns the value of a parameter: as written (a pair "WxH" also under KEY-1 and
// KEY-2), or else what A1111 means by leaving it out, or "".
func (r *Recipe) Value(key string) string {
	if v, ok := r.Get(key); ok {
		return v
	}
	if base, part, ok := strings.Cut(key, "-"); ok && (part == "1" || part == "2") {
		if w, h, ok := pair(r.Value(base)); ok {
			return strconv.Itoa(map[string]int{"1": w, "2": h}[part])
		}
	}
	if r.Dialect == A1111 || r.Dialect == "" {
		return defaults[key]
	}
	return ""
}

// Int returns a parameter as a whole number.
func (r *Recipe) Int(key string) (int64, bool) {
	n, err := strconv.ParseInt(r.Value(key), 10, 64)
	return n, err == nil
}

// Float returns a parameter as a finite number.
func (r *Recipe) Float(key string) (float64, bool) {
	f, err := strconv.ParseFloat(r.Value(key), 64)
	return f, err == nil && !math.IsNaN(f) && !math.IsInf(f, 0)
}

// Size returns the size in pixels.
func (r *Recipe) Size() (w, h int, ok bool) { return pair(r.Value("Size")) }

// Seed returns the seed. Seeds beyond a signed number (ComfyUI draws 64 bits) are the signed
// one of the same bits, which random generators make the same numbers from.
func (r *Recipe) Seed() (int64, bool) { return r.bits("Seed") }

// VariationSeed returns the seed whose noise is mixed in, as Seed does.
func (r *Recipe) VariationSeed() (int64, bool) { return r.bits("Variation seed") }

func (r *Recipe) bits(key string) (int64, bool) {
	if n, ok := r.Int(key); ok {
		return n, true
	}
	n, err := strconv.ParseUint(r.Value(key), 10, 64)
	return int64(n), err == nil
}

// Sampler returns our names of solver and schedule; old joined names ("DPM++ 2M Karras")
// are split. The schedule is "" when the recipe leaves it to the solver. Unknown names
// are returned as they stand.
func (r *Recipe) Sampler() (solver, schedule string) {
	solver, schedule = splitSampler(r.Value("Sampler"))
	if s, ok := r.Get("Schedule type"); ok {
		schedule = ScheduleName(s)
	}
	if schedule == "Automatic" {
		schedule = ""
	}
	return solver, schedule
}

// FullPrompt is the prompt with the tags of the add-ons that it does not name, and of a
// hypernetwork as older A1111 versions kept it.
func (r *Recipe) FullPrompt() string {
	s := r.Prompt
	for _, a := range r.Addons {
		s += " " + a.Tag()
	}
	if h, ok := r.Get("Hypernet"); ok {
		s += "<hypernet:" + h + ":" + cmp.Or(r.Value("Hypernet strength"), "1.0") + ">"
	}
	return strings.TrimSpace(s)
}

// OldTimelines tells whether the prompt's editing marks ([a:b:0.5]) mean what they did
// before A1111 1.6.0: shares of both passes together.
func (r *Recipe) OldTimelines() bool {
	if r.Dialect != A1111 || !strings.Contains(r.Prompt, "[") {
		return false
	}
	v := versionParts.FindStringSubmatch(r.Value("Version"))
	if v == nil {
		return false
	}
	major, _ := strconv.Atoi(v[1])
	minor, _ := strconv.Atoi(v[2])
	return major < 1 || major == 1 && minor < 6
}

// pair splits "768x512".
func pair(s string) (w, h int, ok bool) {
	a, b, found := strings.Cut(s, "x")
	w, err1 := strconv.Atoi(a)
	h, err2 := strconv.Atoi(b)
	return w, h, found && err1 == nil && err2 == nil && w >= 0 && h >= 0
}

// number writes a number as short as it can be, never with an exponent.
func number(f float64) string { return strconv.FormatFloat(f, 'f', -1, 64) }

// base is the last element of a path of any system, without the ending of a model file.
func base(path string) string {
	path = path[strings.LastIndexAny(path, `/\`)+1:]
	for _, ext := range []string{".safetensors", ".ckpt", ".pt", ".pth", ".onnx", ".gguf"} {
		if n := len(path) - len(ext); n > 0 && strings.EqualFold(path[n:], ext) {
			return path[:n]
		}
	}
	return path
}
