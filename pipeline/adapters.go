package pipeline

import (
	"context"
	"fmt"
	"os"
	"slices"
	"strconv"
	"strings"
	"sync"

	"pentimento/fault"
	"pentimento/pipeline/adapter"
	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/family"
	"pentimento/pipeline/prompt"
)

// adapted is an adapter of a run, found and opened.
type adapted struct {
	file   *adapter.File
	blocks *adapter.Blocks // nil: all alike
	Adapter
}

func (a adapted) onText() float64     { return a.TextWeight }
func (a adapted) onDenoiser() float64 { return a.Weight }

// use is the adapter at a strength.
func (a adapted) use(strength float64) adapter.Use {
	u := adapter.Use{File: a.file, Strength: strength, Ranks: a.Ranks}
	if a.blocks != nil {
		u.Ratio = a.blocks.Ratio
	}
	return u
}

// wanted lists the adapters of the request's list, then those that its prompt names. The
// prompt keeps its tags, as recipes do; what they name is found again in each run.
func (q Request) wanted() []Adapter {
	return append(slices.Clone(q.Adapters), tagged(q.Prompt)...)
}

// tagged are the adapters that a text's tags name.
func tagged(text string) (out []Adapter) {
	for _, n := range prompt.Parse(text, prompt.Options{}).Networks {
		if n.IsAdapter() {
			// A prompt may be anybody's: it names files of the folders of adapters, it opens no path.
			n.Name = adapter.Name(n.Name)
			out = append(out, adapterOf(n))
		}
	}
	return out
}

// adapterOf is an adapter as a tag names it.
func adapterOf(n prompt.Network) Adapter {
	a := Adapter{File: n.Name}
	a.TextWeight, a.Weight, a.Ranks = n.Multipliers()
	a.Blocks, a.Elements = n.Blocks()
	a.Start, a.Stop = n.Steps()
	return a
}

// ReadAdapter reads an adapter as a tag <lora:FILE:…> has it, without the kind: a file, and
// behind colons its strength, or those of the text encoders and of the denoiser, its block
// weights, and where it starts and stops. known says whether a text is a file, whose name may
// hold colons.
func ReadAdapter(text string, known func(path string) bool) (a Adapter, err error) {
	file, rest := text, ""
	for at := len(text); at > 0 && !known(file); at = strings.LastIndexByte(file, ':') {
		file, rest = text[:at], text[at:]
	}
	if !known(file) {
		file, rest, _ = strings.Cut(text, ":")
		if len(file) == 1 && strings.HasPrefix(rest, `\`) { // a drive of Windows
			folder, more, _ := strings.Cut(rest, ":")
			file, rest = file+":"+folder, more
		}
		if rest != "" {
			rest = ":" + rest
		}
	}
	n, ok := prompt.ReadNetwork("lora:x" + rest)
	if !ok || file == "" {
		return a, fmt.Errorf("%q: want FILE, FILE:STRENGTH or FILE:TEXT:DENOISER, and behind them dyn=, lbw=, lbwe=, start=, stop= or step=", text)
	}
	n.Name = file
	for name := range n.Named {
		if !slices.Contains([]string{"te", "unet", "dyn", "lbw", "w", "lbwe", "start", "stop", "step"}, name) {
			return a, fmt.Errorf("%q: %s= is not known, want te=, unet=, dyn=, lbw=, lbwe=, start=, stop= or step=", text, name)
		}
	}
	if name, value := unread(n); name != "" {
		return a, fmt.Errorf("%q: %s is %q, want a finite number, of ranks and steps zero or more and in rising order", text, name, value)
	}
	return adapterOf(n), nil
}

// unread is a number of a tag that prompts pass over: one that can't be read or means nothing.
func unread(n prompt.Network) (name, value string) {
	number := func(text string) (float64, bool) {
		f, err := strconv.ParseFloat(strings.TrimSpace(text), 64)
		return f, err == nil && f-f == 0
	}
	for _, value := range n.Positional {
		if f, err := strconv.ParseFloat(strings.TrimSpace(value), 64); err == nil && f-f != 0 {
			return "a strength", value
		}
	}
	for _, name := range []string{"te", "unet", "dyn", "start", "stop"} {
		f, ok := number(n.Named[name])
		if value, named := n.Named[name]; named && !(ok && (f >= 0 || name == "te" || name == "unet")) {
			return name, value
		}
	}
	if value, named := n.Named["step"]; named {
		from, to, two := strings.Cut(value, "-")
		a, ok := number(from)
		b, both := number(to)
		if !two || !ok || !both || b < a {
			return "step", value
		}
	}
	return "", ""
}

// Adapters lists the files that a request on this model may name as adapters, in its list or
// its prompt.
func Adapters(model string) []string {
	if model == "" {
		return nil
	}
	return adapter.List(model)
}

// before says whether the request repeats a run of before 2026-11-27, when adapters that a
// prompt named were left out.
func (q Request) before() bool {
	return q.Exact && q.Adapted == nil && len(q.Adapters) == 0 && len(q.wanted()) > 0
}

// find opens an adapter for a model, near it or among more files. left are its modules that the model has no place for.
func (a Adapter) find(model, more string, ck *checkpoint.Checkpoint) (f *adapter.File, left []string, err error) {
	path, err := adapter.Find(a.File, model, lines(more)...)
	if err != nil && ck.Metadata[wordsKey] != "" { // the starter's folder is the program's own
		err = fault.With(err, "The starter takes no adapters. Open the Stable Diffusion checkpoint that it was made for; adapters lie near it in a folder Lora.")
	}
	if err != nil {
		return nil, nil, err
	}
	if ck.Denoiser.ONNX != nil {
		return nil, nil, fault.New(fmt.Sprintf("adapter %q: the model is an ONNX folder, whose weights adapters can't change", adapter.Name(a.File)), "Open the model's .safetensors file or diffusers folder, or take the adapter out.")
	}
	if f, err = adapter.Open(path); err != nil {
		return nil, nil, err
	}
	left, err = f.Without(append([]*checkpoint.Part{ck.Denoiser}, ck.Text...)...)
	return f, left, err
}

// weights are the adapter's block weights for a model; nil where it has none.
func (a Adapter) weights(model string, ck *checkpoint.Checkpoint) (*adapter.Blocks, error) {
	if a.Blocks == "" && a.Elements == "" {
		return nil, nil
	}
	b, err := adapter.FindPresets(model).ReadBlocks(a.Blocks, a.Elements, ck.Denoiser)
	if err != nil {
		err = fault.With(fmt.Errorf("adapter %q: %w", adapter.Name(a.File), err), fault.Hint(err))
	}
	return b, err
}

// BlockLists names the lists that Adapter.Blocks and Adapter.Elements may name on a model, a
// person's own first; none where the model has no blocks of their kind or cannot be read.
func BlockLists(m Models) (blocks, elements []string) {
	ck, err := family.Open(m.Model, m.Options())
	if err != nil {
		return nil, nil
	}
	counts := adapter.BlockCounts(ck.Denoiser)
	if counts == nil {
		return nil, nil
	}
	p := adapter.FindPresets(m.Model)
	return p.Names(counts), p.RuleNames()
}

// CheckBlocks says what is wrong with the adapter's block weights on a model; nil also where the
// model cannot be read, which others tell.
func (a Adapter) CheckBlocks(m Models) error {
	if a.Blocks == "" && a.Elements == "" {
		return nil
	}
	ck, err := family.Open(m.Model, m.Options())
	if err != nil {
		return nil
	}
	_, err = adapter.FindPresets(m.Model).ReadBlocks(a.Blocks, a.Elements, ck.Denoiser)
	return err
}

// adapt opens the adapters of a run, of the whole picture and of its regions. What is named and not there, or made
// for another kind of model, is an error: the picture would be another.
func (r *run) adapt(ctx context.Context, p *Pipeline, src *source) error {
	r.setOf = make([]int, len(r.req.Regions))
	for _, text := range r.req.prompts() {
		for _, n := range prompt.Parse(text, prompt.Options{}).Networks {
			if !n.IsAdapter() {
				r.notice(fmt.Sprintf("<%s:%s> is not applied: networks of this kind cannot be loaded", n.Kind, n.Name))
			}
		}
	}
	wanted := r.req.wanted()
	if r.req.before() {
		r.notice("this picture was made when adapters could not be loaded yet: those of its prompt are not applied")
		wanted = nil
	}
	if len(wanted) == 0 && !r.req.regionsAdapt() {
		r.req.Adapted = nil
		return nil
	}
	h, err := p.headers.look(src.Models)
	if err != nil {
		return err
	}
	base, sums, err := r.openAdapters(ctx, wanted, src.Model, h.Checkpoint)
	if err != nil {
		return fault.With(fmt.Errorf("pipeline: %w", err), fault.Hint(err))
	}
	src.adapters, src.sets = base, [][]adapted{base}
	for i, g := range r.req.Regions {
		own, more, err := r.openAdapters(ctx, g.wanted(), src.Model, h.Checkpoint)
		if err != nil {
			return fault.With(fmt.Errorf("pipeline: region %q: %w", g.name(i), err), fault.Hint(err))
		}
		for _, sum := range more {
			if !slices.Contains(sums, sum) {
				sums = append(sums, sum)
			}
		}
		r.setOf[i] = src.add(own)
	}
	if len(r.req.Adapted) > 0 && !slices.EqualFunc(r.req.Adapted, sums, sameSum) {
		r.notice("the adapters are not the files that this picture was made with")
	}
	r.req.Adapted = sums
	return nil
}

// openAdapters finds and opens adapters for a model; sums are those of Request.Adapted.
func (r *run) openAdapters(ctx context.Context, wanted []Adapter, model string, ck *checkpoint.Checkpoint) (out []adapted, sums []string, err error) {
	for _, a := range wanted {
		f, left, err := a.find(model, r.req.Where.AdapterFiles, ck)
		var blocks *adapter.Blocks
		if err == nil {
			blocks, err = a.weights(model, ck)
		}
		if err != nil {
			return nil, nil, err
		}
		if len(left) > 0 {
			r.notice(fmt.Sprintf("adapter %q: module %q and %d more have no place in this model", adapter.Name(f.Path), left[0], len(left)-1))
		}
		sum, err := r.p.sums.of(ctx, f)
		if err != nil {
			return nil, nil, err
		}
		out = append(out, adapted{f, blocks, a})
		sums = append(sums, adapter.Name(f.Path)+": "+sum)
	}
	return out, sums, nil
}

// sameSum says whether two of Adapted have one sum, whatever the files are called.
func sameSum(a, b string) bool {
	return a[strings.LastIndexByte(a, ' ')+1:] == b[strings.LastIndexByte(b, ' ')+1:]
}

// sums remembers what files hold: a large one takes half a second to read.
type sums struct {
	mu sync.Mutex
	by map[string]string // adapter.File.Key, or path, size and time → sum
}

func (s *sums) of(ctx context.Context, f *adapter.File) (string, error) {
	s.mu.Lock()
	defer s.mu.Unlock()
	if sum := s.by[f.Key()]; sum != "" {
		return sum, nil
	}
	sum, err := f.Sum(ctx)
	if err == nil && s.by == nil {
		s.by = map[string]string{}
	}
	if err == nil {
		s.by[f.Key()] = sum
	}
	return sum, err
}

// file is the first digits of a file's SHA-256, as recipes have them; "" of a folder.
func (s *sums) file(ctx context.Context, path string) (string, error) {
	info, err := os.Stat(path)
	if err != nil || info.IsDir() {
		return "", err
	}
	s.mu.Lock()
	defer s.mu.Unlock()
	key := fmt.Sprintf("%s\x00%d\x00%d", path, info.Size(), info.ModTime().UnixNano())
	if sum := s.by[key]; sum != "" {
		return sum, nil
	}
	sum, _, err := ModelSums(ctx, path)
	if err != nil {
		return "", err
	}
	if s.by == nil {
		s.by = map[string]string{}
	}
	s.by[key] = sum[:ModelHashDigits]
	return s.by[key], nil
}

// adapters checks that what the request and its regions name is there and fits the model.
func (c *checker) adapters(ck *checkpoint.Checkpoint) {
	wanted := c.q.wanted()
	if c.q.before() {
		wanted = nil
	}
	for _, g := range c.q.Regions {
		wanted = append(wanted, g.wanted()...)
	}
	for _, a := range wanted {
		_, _, err := a.find(c.q.Model, c.q.Where.AdapterFiles, ck)
		if err == nil {
			_, err = a.weights(c.q.Model, ck)
		}
		if err != nil {
			c.block("adapter", err.Error(), fault.Hint(err))
		}
	}
}
