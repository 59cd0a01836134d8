package pipeline

import (
	"context"
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pentimento/pipeline/adapter"
	"pentimento/pipeline/metadata"
	"pentimento/pipeline/prompt"
)

// Recall lays what a recipe of any program says into a request that has its task: prompts,
// size, hires pass and every row of Settings, except those that keep names by ID and the guides that it names by number ("guide 0"). left says,
// a line each, what of the recipe is not taken over. Seed and model are the caller's to take.
func (q *Request) Recall(r *metadata.Recipe, keep func(id string) bool) (left []string) {
	text, negative := TextsOf(r)
	texts := map[string]string{"prompt": text, "negative": negative}
	for i := range Settings {
		s := &Settings[i]
		if keep(s.ID) || s.Private || s.Path || isHires(s) || !s.UsedBy(q.Engine) || s.Tasks != nil && !s.Tasks(q.Task.Row()) {
			continue
		}
		text, ok := texts[s.ID]
		if !ok {
			text, ok = s.Recall(r)
		}
		if ok && s.Set(q, text) == nil {
			continue
		}
		if found, written := r.Get(s.Key); s.Key != "" && written && !(s.ID == "schedule" && found == automatic) && meant(r, metadata.Param{Key: s.Key, Value: found}) {
			left = append(left, fmt.Sprintf("%s %q: this program has none such", s.lower(), found))
		}
	}
	if !keep("prompt") {
		q.Embedded = EmbeddingSums(r)
		q.recallTemplates(r)
		left = append(left, q.recallRegions(r, keep("region_base"))...)
	}
	if !keep("size") {
		left = append(left, q.recallSize(r)...)
	}
	if e := SDUpscaleOf(r); e != nil && !keep("upscaler") && q.Enlarge != nil {
		q.Enlarge.Upscaler, q.Enlarge.Sum = e.Upscaler, e.Sum
	}
	if !keep("hires") && !q.Task.Row().Needs.Picture {
		left = append(left, q.recallHires(r)...)
	}
	for _, g := range RecalledUnits(r) {
		if keep(fmt.Sprint("guide ", g.Number)) {
			continue
		}
		left = append(left, fmt.Sprintf("guide %q: its picture is in no recipe, add it again (it was %s)", g.name(), g.unit()))
	}
	if passes, _ := DetailsOf(r); len(passes) > 0 && !keep("details") {
		left = append(left, fmt.Sprintf("ADetailer's %s: faces and details are redone by themselves when the picture is there", passes[0].Find.What))
	}
	if s, ok := RestoringOf(r); ok && !keep("details") {
		left = append(left, fmt.Sprintf("face restoration by %s: the verb restore and Restore faces… do it when the picture is there", shortened(s.Model)))
	}
	if name, ok := r.Get(keySwap); ok {
		left = append(left, fmt.Sprintf("a face that was swapped by %s: the verb swap does it when the picture is there", shortened(name)))
	}
	return append(left, leftOf(r)...)
}

// recallSize takes the size where the task makes a picture of its own.
func (q *Request) recallSize(r *metadata.Recipe) []string {
	size, written := r.Get("Size")
	switch {
	case !written:
	case q.Task.Row().Needs.Picture:
		return []string{"size " + size + ": the picture that is given has its own"}
	case setSize(q, size) != nil:
		return []string{"size " + size + ": this program works at sides from 8 to " + strconv.Itoa(maxSize)}
	}
	return nil
}

// taken are the parameters that Recall or its caller takes without a row of Settings, that
// say nothing of how the picture came about, or that are what this program does anyway.
var taken = []string{"Size", "Seed", "Model", "Model hash", "Version", "User", "VAE", "VAE hash", "VAE Encoder", "VAE Decoder", "Lora hashes", "TI hashes", "Hashes", "Engine", "generation_mode",
	keyHires, keyHiresResize, keyHiresSteps, keyHiresUpscaler, keyHiresStrength, keyHiresSum, keyUpscaleBy, keyUpscaleOverlap, keyUpscaleUpscaler, keyUpscaleSum, "Denoising strength", "Mask mode", "Mask blur", "Masked area padding", "Hypernet", "Hypernet strength", keyTemplate, metadata.RegionsKey, keyNegativeTemplate, adapter.SumsKey}

// leftOf names the parameters that nothing here has a place for, and what was not understood.
func leftOf(r *metadata.Recipe) (left []string) {
	var none, told []string
	for _, p := range r.Params {
		lines := senseless(r, p)
		told = append(told, lines...)
		if len(lines) > 0 && !meant(r, p) {
			continue
		}
		known := slices.Contains(taken, p.Key) || steers(p) || isBox(p) || isTiled(p) || isInversion(p) || isGuide(p) || isDetail(p) || isRestoring(p) || isSwapping(p) || metadata.IsRegional(p) || slices.ContainsFunc(Settings, func(s Setting) bool { return s.Key == p.Key })
		if !known {
			none = append(none, shortened(p.Key+" "+p.Value))
		}
	}
	if len(none) > 0 {
		left = append(left, strings.Join(none, ", ")+": this program has no such settings")
	}
	left = append(left, told...)
	for _, text := range r.Unread {
		left = append(left, shortened(text)+": it isn't understood")
	}
	return left
}

// shortened is a foreign text in a line.
func shortened(text string) string {
	r := []rune(strings.Join(strings.Fields(text), " "))
	if len(r) > 60 {
		return string(r[:60]) + "…"
	}
	return string(r)
}

// ownPrompts are the prompts of the request, which are its own from here on, and of its regions.
func (q *Request) ownPrompts() []*string {
	out := []*string{&q.Prompt}
	q.Regions = slices.Clone(q.Regions)
	for i := range q.Regions {
		out = append(out, &q.Regions[i].Prompt)
	}
	return out
}

// FindAdapters looks for those adapters that the prompts name and that are not near the model
// (without sums nothing is read: a run looks near the model first anyway):
// find is asked for the file of a sum, "" where none is known, and a name. What it knows joins
// Where.AdapterFiles, and the prompt calls it as its file is called. sums are "name: sum" each
// (AdapterSums).
func (q *Request) FindAdapters(sums []string, find func(sum, name string) (path string)) {
	for _, text := range q.ownPrompts() {
		for _, n := range slices.Backward(prompt.Parse(*text, prompt.Options{}).Networks) {
			if n.IsAdapter() {
				q.findAdapter(n, text, sums, find)
			}
		}
	}
}

// findAdapter is FindAdapters for one of a prompt's tags.
func (q *Request) findAdapter(n prompt.Network, text *string, sums []string, find func(sum, name string) (path string)) {
	name, sum := adapter.Name(n.Name), ""
	if len(sums) > 0 {
		if _, err := adapter.Find(name, q.Model, lines(q.Where.AdapterFiles)...); err == nil {
			return
		}
	}
	for _, line := range sums {
		if of, value, _ := strings.Cut(line, ": "); of == plainName(name) {
			sum = value
		}
	}
	path := find(sum, name)
	if path == "" {
		return
	}
	if !slices.Contains(lines(q.Where.AdapterFiles), path) {
		q.Where.AdapterFiles = strings.TrimPrefix(q.Where.AdapterFiles+"\n"+path, "\n")
	}
	if here := adapter.Name(path); here != name {
		kind, rest, _ := strings.Cut((*text)[n.Span.Start:n.Span.End], ":")
		*text = (*text)[:n.Span.Start] + kind + ":" + strings.Replace(rest, n.Name, here, 1) + (*text)[n.Span.End:]
	}
}

// AdapterOfSum is the adapter near a model whose sum begins as given, eight digits at least, ""
// where there is none. It reads the files whole, one after another, and ends early when ctx does.
func AdapterOfSum(ctx context.Context, model, sum string) string {
	if len(sum) < 8 {
		return ""
	}
	for _, path := range Adapters(model) {
		f, err := adapter.Open(path)
		if err != nil {
			continue // a model, or no adapter
		}
		if of, err := f.Sum(ctx); err == nil && (strings.HasPrefix(of, strings.ToLower(sum)) || strings.HasPrefix(strings.ToLower(sum), of)) {
			return path
		}
	}
	return ""
}

// lines are the paths of a list with line breaks between them.
func lines(paths string) []string {
	return strings.FieldsFunc(paths, func(r rune) bool { return r == '\n' })
}

// DropMissing takes the adapters out of the prompts that are neither near the model nor in Where.AdapterFiles, and returns
// their names: for the prompts of somebody who has other files.
func (q *Request) DropMissing() (gone []string) {
	for _, text := range q.ownPrompts() {
		var here []string
		for _, n := range slices.Backward(prompt.Parse(*text, prompt.Options{}).Networks) {
			if !n.IsAdapter() {
				continue
			}
			if _, err := adapter.Find(adapter.Name(n.Name), q.Model, lines(q.Where.AdapterFiles)...); err != nil {
				here = append(here, adapter.Name(n.Name))
				*text = strings.TrimSpace((*text)[:n.Span.Start] + (*text)[n.Span.End:])
			}
		}
		slices.Reverse(here)
		gone = append(gone, here...)
	}
	return gone
}
