package merging

import (
	"context"
	"errors"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"pentimento/app/models"
	"pentimento/app/words"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/pipeline/merge"
)

// missing is the error of what was not chosen yet: nothing is wrong so far.
type missing string

func (m missing) Error() string { return string(m) }

// Unfinished says whether an error of Look only names what is still to be chosen.
func Unfinished(err error) bool {
	var m missing
	return errors.As(err, &m)
}

// Merge makes a checkpoint of one to three.
type Merge struct {
	Out         string
	Method      string  // Method.Name
	A, B, C     string  // files; what the method does not take is not read
	Alpha, Beta float64 // of all blocks
	// AlphaOf and BetaOf are shares for each block as Shares reads them; "" is all alike.
	AlphaOf, BetaOf string
	Type            string // "F16", "BF16", "F32", or "" as A
	VAE             string // a file, or "" for A's
	Adapters        []Adapter
}

// Adapter is one that becomes part of the weights.
type Adapter struct {
	File     string
	Strength float64
}

// Shares reads the shares of a model's blocks: BASE (text encoders and VAE), IN00–IN11, M00 and
// OUT00–OUT11, which are 26, or the 20 of SDXL, with commas or blanks between them. blocks is
// Found.Blocks, 0 while it is not known.
func Shares(text string, blocks int) ([]float64, error) {
	var all []float64
	for _, word := range strings.FieldsFunc(text, func(r rune) bool { return strings.ContainsRune(", ;\t\n", r) }) {
		v, err := strconv.ParseFloat(word, 64)
		if err != nil || v-v != 0 {
			return nil, fault.New(words.T("block weights: %q is no number", word), "")
		}
		all = append(all, v)
	}
	if n := len(all); n == 26 && blocks != 19 || n == 20 && blocks != 25 {
		return all, nil
	}
	want := words.T("26 (BASE, IN00–IN11, M00, OUT00–OUT11)")
	switch blocks {
	case 0:
		want = words.T("26 (BASE, IN00–IN11, M00, OUT00–OUT11), or 20 of SDXL")
	case 19:
		want = words.T("20 (BASE, IN00–IN08, M00, OUT00–OUT08)")
	}
	return nil, fault.New(words.T("block weights: %s, want %s", words.N(len(all), "%d number", "%d numbers"), want), "")
}

func (m Merge) file() string { return m.Out }

// models are the files that the method takes.
func (m Merge) models() []string { return []string{m.A, m.B, m.C}[:method(m.Method).Files] }

func (m Merge) reads() []string {
	all := append(m.models(), m.VAE)
	for _, a := range m.Adapters {
		all = append(all, a.File)
	}
	return all
}

func (m Merge) options() (o merge.Options, err error) {
	o = merge.Options{Method: m.Method, Type: m.Type, VAE: m.VAE}
	i := method(m.Method)
	for n, path := range m.models() {
		*[]*string{&o.A, &o.B, &o.C}[n] = path
	}
	if i.Files > 1 {
		o.Alpha, err = blocks(m.Alpha, m.AlphaOf)
	}
	if err == nil && i.Beta {
		o.Beta, err = blocks(m.Beta, m.BetaOf)
	}
	if m.Method == "weighted" && strings.TrimSpace(m.AlphaOf) != "" {
		o.Method = "weight" // the same sum; recipes tell the two apart
	}
	for _, a := range m.Adapters {
		o.Adapters = append(o.Adapters, merge.Baked{File: a.File, Denoiser: a.Strength, Text: a.Strength})
	}
	return o, err
}

func blocks(share float64, text string) (merge.Blocks, error) {
	if strings.TrimSpace(text) == "" {
		return merge.Uniform(share), nil
	}
	all, err := Shares(text, 0)
	if err != nil {
		return merge.Blocks{}, err
	}
	return merge.Blocks{Base: all[0], Of: all[1:]}, nil
}

func (m Merge) open() (*merge.Job, error) {
	o, err := m.options()
	if err != nil {
		return nil, err
	}
	j, err := merge.Open(o)
	if err != nil {
		return nil, err
	}
	for _, b := range []merge.Blocks{o.Alpha, o.Beta} {
		if n := len(b.Of); n == 19 && j.Blocks() == 25 || n == 25 && j.Blocks() == 19 && !uniform(b) {
			return nil, fault.New(words.T("block weights: %s, and A has %d blocks", words.N(n+1, "%d number", "%d numbers"), j.Blocks()), "")
		}
	}
	return j, nil
}

func uniform(b merge.Blocks) bool {
	return !slices.ContainsFunc(b.Of, func(v float64) bool { return v != b.Base })
}

func (m Merge) look() (Found, error) {
	if err := related(m.models()); err != nil {
		return Found{}, err
	}
	for i, path := range m.models() {
		if path == "" {
			return Found{}, missing(words.T("Choose model %s.", string(rune('A'+i))))
		}
	}
	for _, a := range m.Adapters {
		if err := adapter(a.File, words.T("Only LoRAs and other adapters can be built in.")); err != nil {
			return Found{}, err
		}
	}
	j, err := m.open()
	if err != nil {
		return Found{}, err
	}
	found := Found{Notes: j.Notes, Bytes: j.Size(), Blocks: j.Blocks()}
	if j.Method == "none" && m.VAE == "" && len(m.Adapters) == 0 && m.Type == "" {
		return found, missing(words.T("Nothing is changed so far: choose a VAE, a LoRA, another precision, or a method that takes two models."))
	}
	return found, nil
}

// adapter is an error where a file is none.
func adapter(path, hint string) error {
	s, err := pipeline.Look(path)
	if err == nil && s.Kind != "adapter" {
		err = isOther(path, s.Kind, hint)
	}
	return err
}

// isOther says what a file is that something else was wanted for.
func isOther(path, kind, hint string) error {
	return fault.New(words.T("%q is this: %s", filepath.Base(path), models.KindLabel(kind)), hint)
}

// related says whether models, as far as they are chosen, are of one kind and family: A first.
func related(paths []string) error {
	first := ""
	var kind, family string
	for _, path := range paths {
		if path == "" {
			continue
		}
		s, err := pipeline.Look(path)
		switch {
		case err != nil:
			return err
		case slices.Contains([]string{"adapter", "embedding", "unknown"}, s.Kind):
			return isOther(path, s.Kind, words.T("Choose a checkpoint. LoRAs can be built into one, further down."))
		case first == "":
			first, kind, family = filepath.Base(path), s.Kind, s.Family
		case s.Kind != kind:
			return fault.New(words.T("%q is this: %s, and %q this: %s", first, models.KindLabel(kind), filepath.Base(path), models.KindLabel(s.Kind)), words.T("Only models of one kind can be merged."))
		case s.Family != family && s.Family != "" && family != "":
			return fault.New(words.T("%q is %s, and %q is %s", first, models.FamilyLabel(family), filepath.Base(path), models.FamilyLabel(s.Family)), words.T("Only models of one family go together."))
		}
	}
	return nil
}

func (m Merge) write(ctx context.Context, w io.Writer, report reporter) (string, error) {
	j, err := m.open()
	if err != nil {
		return "", err
	}
	var sums [3]merge.Sums
	for i, path := range []string{j.A, j.B, j.C} {
		if path == "" {
			continue
		}
		report(words.T("reading models"), 0)
		sum, old, err := pipeline.ModelSums(ctx, path)
		if err != nil {
			return "", err
		}
		sums[i] = merge.Sums{SHA256: sum, Old: old}
	}
	return "", j.Write(ctx, w, j.Metadata(sums), as(words.T("merging"), report))
}

// as reports bytes or modules that are done as a fraction of a stage.
func as(stage string, report reporter) func(done, total int64) {
	return func(done, total int64) { report(stage, float64(done)/float64(max(total, 1))) }
}

// Extraction finds the LoRA between two checkpoints.
type Extraction struct {
	Out, Tuned, Base string
	Rank, ConvRank   int
	Only             string // "denoiser", "text", or "" for both
	Type             string // "F16" or "F32"
}

func (e Extraction) file() string { return e.Out }

func (e Extraction) reads() []string { return []string{e.Tuned, e.Base} }

func (e Extraction) options() merge.Extraction {
	return merge.Extraction{Tuned: e.Tuned, Base: e.Base, Rank: e.Rank, ConvRank: e.ConvRank, Only: e.Only, Type: e.Type}
}

func (e Extraction) look() (Found, error) {
	if err := related([]string{e.Tuned, e.Base}); err != nil {
		return Found{}, err
	}
	switch "" {
	case e.Tuned:
		return Found{}, missing(words.T("Choose the trained model."))
	case e.Base:
		return Found{}, missing(words.T("Choose the model that it was trained from."))
	}
	n, bytes, err := e.options().Look()
	return Found{Bytes: bytes, Notes: []string{words.N(n, "%d module at most", "%d modules at most")}}, err
}

func (e Extraction) write(ctx context.Context, w io.Writer, report reporter) (string, error) {
	return "", merge.Extract(ctx, e.options(), w, as(words.T("extracting"), report))
}

// Resizing makes a LoRA of another rank.
type Resizing struct {
	Out, File string
	Rank      int
	Keep      float64 // the share of each module's change that is kept, with Rank as the most; 0: Rank everywhere
	Type      string  // "F16", "F32", or "" as it is
}

func (r Resizing) file() string { return r.Out }

func (r Resizing) reads() []string { return []string{r.File} }

func (r Resizing) options() merge.Resizing {
	return merge.Resizing{File: r.File, Rank: r.Rank, Keep: r.Keep, Type: r.Type}
}

func (r Resizing) look() (Found, error) {
	if r.File == "" {
		return Found{}, missing(words.T("Choose the LoRA."))
	}
	if err := adapter(r.File, words.T("Only a LoRA can be resized.")); err != nil {
		return Found{}, err
	}
	n, bytes, err := r.options().Look()
	return Found{Bytes: bytes, Notes: []string{words.N(n, "%d module", "%d modules")}}, err
}

func (r Resizing) write(ctx context.Context, w io.Writer, report reporter) (string, error) {
	done, err := merge.Resize(ctx, r.options(), w, as(words.T("resizing"), report))
	if err != nil {
		return "", err
	}
	return words.T("Rank %s on average keeps %s %% of the change", fmt.Sprintf("%.3g", done.Rank), fmt.Sprintf("%.1f", 100*done.Length)), nil
}
