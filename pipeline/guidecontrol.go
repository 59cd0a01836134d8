package pipeline

import (
	"context"
	"fmt"
	"math"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/controlnet"
	"pentimento/pipeline/family"
	"pentimento/pipeline/shelf"
)

// GuideControl is the kind of a picture that a network of its own reads: a ControlNet or a
// T2I-Adapter, which its file tells.
const GuideControl = "control"

var controlKind = GuideKind{Name: GuideControl, Label: "ControlNet or T2I-Adapter", File: true, Fields: controlFields,
	check: checkControl, inside: insideControl, items: controlItems, held: controlHeld, begin: beginControls}

var controlFields = []GuideField{
	{"mode", "what counts more: balanced, prompt or control", func(g *Guide, text string) error { return guideName(&g.Mode, text, guideModes) }},
	{"resize", "how it is brought to the shape of the run: crop, resize (stretched) or fill", func(g *Guide, text string) error { return guideName(&g.Resize, text, guideResizes) }},
	{"factors", "13 numbers, of SDXL 10, of a T2I-Adapter 4, with commas between them, in place of the weight", func(g *Guide, text string) error {
		g.Factors = nil
		for one := range strings.SplitSeq(text, ",") {
			var f float64
			if err := guideNumber(&f, strings.TrimSpace(one)); err != nil {
				return err
			}
			g.Factors = append(g.Factors, f)
		}
		return nil
	}},
	{"type", "what its map is, for a Union ControlNet: openpose, depth, softedge (also scribble), canny (also line art, mlsd), normal, segment; of ProMax tile and inpaint; by itself as the module says", func(g *Guide, text string) error {
		return guideName(&g.Type, text, controlnet.UnionTypes())
	}},
	{"module", "what is made of it first: none, canny, invert, lineart_standard …; inpaint_only hides what is masked", func(g *Guide, text string) error {
		g.Preprocessor = text
		_, _, err := g.module()
		return err
	}},
	{"network", "the ONNX file of the module's own network: depth, soft edges, line art, mlsd", func(g *Guide, text string) (err error) {
		g.Network, err = filepath.Abs(text)
		return err
	}},
	{"res", "the preprocessor's resolution in pixels", func(g *Guide, text string) error {
		var v float64
		if err := guideNumber(&v, text); err != nil {
			return err
		}
		if g.Resolution = int(v); float64(g.Resolution) != v || g.Resolution <= 0 {
			return fmt.Errorf("%q, want a whole number of pixels above 0", text)
		}
		return nil
	}},
	{"a", "the preprocessor's first number", func(g *Guide, text string) error { return guideNumber(setTo(&g.A), text) }},
	{"b", "and its second", func(g *Guide, text string) error { return guideNumber(setTo(&g.B), text) }},
	{"pixel-perfect", "yes or no: the preprocessor works at the resolution of the run", func(g *Guide, text string) error { return guideBool(&g.PixelPerfect, text) }},
	{"average", "yes or no: of what the network gives the mean over the picture (shuffle)", func(g *Guide, text string) error { return guideBool(&g.Average, text) }},
}

var (
	guideModes   = []string{ModeBalanced, ModePrompt, ModeControl}
	guideResizes = []string{ResizeCrop, ResizeStretch, ResizeFill}
)

// guideBool reads a yes or no.
func guideBool(into *bool, text string) error {
	if text != "yes" && text != "no" {
		return fmt.Errorf("%q, want yes or no", text)
	}
	*into = text == "yes"
	return nil
}

// setTo is a number of its own that p points to from now on.
func setTo(p **float64) *float64 {
	*p = new(float64)
	return *p
}

// guideName reads one of some names.
func guideName(into *string, text string, names []string) error {
	if !slices.Contains(names, text) {
		return fmt.Errorf("%q, want %s", text, strings.Join(names, ", "))
	}
	*into = text
	return nil
}

// controlFiles are the headers that were read, by path, and the size and time that they were read at.
var controlFiles = struct {
	sync.Mutex
	seen map[string]controlHeader
}{seen: map[string]controlHeader{}}

type controlHeader struct {
	key  string
	file *controlnet.File
}

// controlFile is the header of a guide's file and what it is kept under.
func controlFile(path string) (*controlnet.File, string, error) {
	info, err := os.Stat(path)
	if err != nil {
		return nil, "", fault.New(fmt.Sprintf("the file %s can't be found", shortName(path)), "Was it moved or renamed? Choose it again.")
	}
	key := fmt.Sprintf("%s\x00%d\x00%d", path, info.Size(), info.ModTime().UnixNano())
	controlFiles.Lock()
	was := controlFiles.seen[path]
	controlFiles.Unlock()
	if was.key == key {
		return was.file, key, nil
	}
	f, err := controlnet.Look(path) // nobody waits for a slow disk who asks for another file
	if err == nil {
		controlFiles.Lock()
		controlFiles.seen[path] = controlHeader{key, f}
		controlFiles.Unlock()
	}
	return f, key, err
}

func checkControl(g Guide, m *family.Model) error {
	f, _, err := controlFile(g.Model)
	switch {
	case err != nil:
		return err
	case g.Mode != "" && !slices.Contains(guideModes, g.Mode):
		return fmt.Errorf("mode %q, want %s", g.Mode, strings.Join(guideModes, ", "))
	case g.Resize != "" && !slices.Contains(guideResizes, g.Resize):
		return fmt.Errorf("resize mode %q, want %s", g.Resize, strings.Join(guideResizes, ", "))
	}
	if err := f.Fits(m.Denoiser); err != nil {
		return err
	}
	if kinds := f.Union(); kinds != nil {
		if _, err := g.unionType(kinds); err != nil {
			return err
		}
	}
	if err := g.checkMap(); err != nil {
		return err
	}
	if n := len(g.Factors); n > 0 && n != f.Outs() {
		return fmt.Errorf("%d factors, want %d", n, f.Outs())
	}
	for _, v := range g.Factors {
		if math.IsNaN(v) || math.Abs(v) > 10 {
			return fmt.Errorf("a factor of %g, want at most 10", v)
		}
	}
	return nil
}

func insideControl(in *family.Inside, gs []Guide) {
	for _, g := range gs {
		if f, _, err := controlFile(g.Model); err == nil && f.Kind == controlnet.Adapter {
			in.Features = true
		} else {
			in.Control = true
		}
	}
}

// controlItem is what the network of a file is kept as. It stays beside the denoiser, also where
// one network at a time is open otherwise, and leaves with it.
func (o *opened) controlItem(f *controlnet.File, key string) shelf.Item {
	alone := o.source.lowMemory
	return shelf.Item{Key: o.source.key("guide "+key, true, nil), Bytes: f.Bytes(), Stage: "denoiser", Beside: alone, Changed: o.Changed,
		Large: func(n shelf.Network) bool { return alone || o.leaves(n) }}
}

func controlItems(o *opened, gs []Guide) (out []shelf.Item) {
	for _, g := range gs {
		if f, key, err := controlFile(g.Model); err == nil {
			out = append(out, o.controlItem(f, key))
		}
	}
	return out
}

// controlHeld is what the weights of the guides' networks take in float32.
func controlHeld(gs []Guide) (n int64) {
	seen := map[string]bool{}
	for _, g := range gs {
		if f, key, err := controlFile(g.Model); err == nil && !seen[key] {
			seen[key], n = true, n+f.Held()
		}
	}
	return n
}

// control opens the network of a file if it is not open.
func openControl[T shelf.Network](ctx context.Context, o *opened, f *controlnet.File, key string, open func(ctx context.Context, how family.Opening) (T, error)) (T, error) {
	n, _, err := shelf.Open(ctx, o.lease, o.controlItem(f, key), func(ctx context.Context, notice func(string)) (T, error) {
		return open(ctx, o.opening(o.source.variant(), o.options(true, false, notice)))
	})
	return n, err
}
