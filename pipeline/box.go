package pipeline

import (
	"context"
	"fmt"
	"image"
	"slices"
	"strconv"
	"strings"

	"pentimento/fault"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/family"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
)

// BoxFields refine a box of the picture while the whole is made (LLuL): some layers of the network read the box enlarged, too, and what
// they make of it is mixed in. Layers, ways and the recipe's keys are those of hnmr293's extension.
type BoxFields struct {
	// Place is the box, "x,y,w,h" in pixels of the frame from its upper left corner; "": off.
	Place  string  `json:"place"`
	By     int     `json:"by"`             // how many times it is enlarged: 2, 4, 8, 16 or 32
	Weight float64 `json:"weight"`         // how much of it is mixed in, -1 to 2
	From   int     `json:"from"`           // the step of the run from which it acts, counted from 1 …
	To     int     `json:"to,omitempty"`   // … and the last; 0: to the end
	Fade   string  `json:"fade,omitempty"` // how the weight goes from the first to the last: "" evenly, FadeRise or FadeFall
	At     string  `json:"at"`             // kinds of layers, of family.RefineKinds
	Layers string  `json:"layers"`         // parts of the names of layers, or family.AllLayers
	Up     string  `json:"up"`
	Down   string  `json:"down"`
	Mix    string  `json:"mix"` // slerp or lerp
	// Count is what From and To count: "" the steps of each pass, or CountEvaluations, on and on through both passes.
	Count  string `json:"count,omitempty"`
	Passes string `json:"passes,omitempty"` // in which of two passes (hires) it acts: "" the first, PassSecond or PassBoth
}

// The choices of BoxFields.Count and BoxFields.Passes.
const (
	CountEvaluations = "evaluations"
	PassSecond       = "second"
	PassBoth         = "both"
)

// The choices of BoxFields.Fade.
const (
	FadeRise = "rise"
	FadeFall = "fall"
)

// usualBox are the extension's numbers.
var usualBox = BoxFields{By: 2, Weight: 0.15, From: 5, At: "out", Layers: "OUT", Up: "bilinear", Down: "bilinear", Mix: "slerp"}

// box is the request's, where it has one.
func (q Request) box() *BoxFields {
	if q.Box == nil || q.Box.rect().Empty() || q.Box.Weight == 0 {
		return nil
	}
	return q.Box
}

// inside is what it asks of a denoiser.
func (b BoxFields) inside() family.Refine {
	return family.Refine{By: b.By, At: b.At, Layers: b.Layers, Up: b.Up, Down: b.Down, Line: b.Mix == "lerp"}
}

// at is the weight at a step of a run of so many, or at an evaluation.
func (b BoxFields) at(step, steps int) float64 {
	last := steps
	if b.To > 0 {
		last = min(b.To, steps)
	}
	if b.Count == CountEvaluations {
		if last = b.To; last == 0 {
			last = max(steps, step) // how many a sampler takes is its own affair
		}
	}
	if step < b.From || step > last {
		return 0
	}
	share := float64(step-b.From+1) / float64(last-b.From+1)
	switch b.Fade {
	case FadeRise:
		return b.Weight * share
	case FadeFall:
		return b.Weight * (1 + 1/float64(last-b.From+1) - share)
	}
	return b.Weight
}

// idle is why a box, placed in what is worked at, does nothing in a run of so many steps; "" where it acts.
func (b BoxFields) idle(placed image.Rectangle, steps int) string {
	if placed.Empty() {
		return "the box to refine lies outside of what is made: it does nothing"
	}
	for step := 1; step <= steps; step++ {
		if b.at(step, steps) != 0 {
			return ""
		}
	}
	if b.Count == CountEvaluations && (b.To == 0 || b.To >= b.From) {
		return "" // there may be more of them than steps
	}
	if b.To > 0 && b.To < b.From {
		return fmt.Sprintf("the box to refine acts from step %d and no longer than step %d: it does nothing", b.From, b.To)
	}
	return fmt.Sprintf("the box to refine acts from step %d, and there are %d steps: it does nothing", b.From, steps)
}

// placed is the box in the pixels of what a run works at, of which place is on the canvas; empty where they don't meet.
func (b BoxFields) placed(frame, place image.Rectangle, size image.Point) image.Rectangle {
	if frame.Empty() {
		frame = place
	}
	r := b.rect().Add(frame.Min).Intersect(place).Sub(place.Min)
	if r.Empty() {
		return r
	}
	x := func(v int) int { return v * size.X / place.Dx() }
	y := func(v int) int { return v * size.Y / place.Dy() }
	return image.Rect(x(r.Min.X), y(r.Min.Y), x(r.Max.X), y(r.Max.Y))
}

// acts says whether it acts in a first pass, or in a second.
func (b BoxFields) acts(again bool) bool {
	return b.Passes == PassBoth || again == (b.Passes == PassSecond)
}

// leastPart is how many cells of the latent a tile must show of a box a side, or all of it: what a sliver's layers make of it says
// little, and the tile beside it shows more.
const leastPart = 8

// within is what of the box, in pixels, lies in a tile: all numbers are then the tile's.
func within(box, tile image.Rectangle, cell int, weight float64) denoise.Refined {
	part := box.Intersect(tile)
	least := leastPart * cell
	if part.Dx() < min(least, box.Dx()) || part.Dy() < min(least, box.Dy()) || part.Empty() {
		return denoise.Refined{}
	}
	part = part.Sub(tile.Min)
	return denoise.Refined{X: part.Min.X, Y: part.Min.Y, W: part.Dx(), H: part.Dy(), Width: tile.Dx(), Height: tile.Dy(), Weight: weight}
}

// refining are the numbers of each evaluation, of a tile in cells or of the whole; nil where no box is refined.
func (r *run) refining(w work, clock *denoise.Clock, steps int) func(tile image.Rectangle) denoise.Refined {
	b := r.req.box()
	if b == nil || !b.acts(w.again) {
		return nil
	}
	box := b.placed(r.req.Frame, w.place, w.size)
	if why := b.idle(box, steps); why != "" {
		if !r.toldBox {
			r.toldBox = true
			r.notice(why)
		}
		return nil
	}
	if idle := b.inside().Idle(r.model.Denoiser); len(idle) > 0 && !r.toldBox {
		r.toldBox = true
		r.notice(fmt.Sprintf("the box to refine: the network has no layers of the kinds %s that are called %s", b.At, strings.Join(idle, ", ")))
	}
	f := r.model.Factor()
	return func(tile image.Rectangle) denoise.Refined {
		at := clock.Step()
		if b.Count == CountEvaluations {
			at = r.evaluated
		}
		if tile = (image.Rectangle{tile.Min.Mul(f), tile.Max.Mul(f)}); tile.Empty() {
			tile.Max = w.size
		}
		return within(box, tile, f, b.at(at, steps))
	}
}

// counting counts the evaluations that a sampler asks for, through both passes of a picture.
func (r *run) counting(d sampler.Denoiser, w work) sampler.Denoiser {
	if !w.again {
		r.evaluated = 0
	}
	return func(ctx context.Context, x *tensor.Tensor, sigma float64) (*tensor.Tensor, error) {
		r.evaluated++
		return d(ctx, x, sigma)
	}
}

// boxSettings are those of a refined box.
var boxSettings = []Setting{
	{ID: "refine_box", Name: "Refine a box", Label: "Refine box", Flag: "refine", Help: "`X,Y,W,H` of a box, in pixels of the frame, that is refined while the whole is made (LLuL): it is evaluated enlarged, too, for finer details of a face or a hand; \"Refine the selection\" fills it in", Panel: Folded,
		recall: boxOf, Resets: true,
		Value: Value{Kind: Words, get: func(q *Request) string { return held(q.Box, usualBox).Place }, set: func(q *Request, text string) error {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.Place = text })
			_, err := ParseBox(text)
			return err
		}}},
	boxRow("weight", "weight", "how much of it is mixed in: 0.15 is usual, up to 0.5 is firmer, below 0 it softens", "0.15", partNumber(boxAt, usualBox, func(b *BoxFields) *float64 { return &b.Weight }, -1, 2, Slider{0, 0.6, 0.01, ""})),
	boxRow("by", "factor", "how many times the box is enlarged: with a box of half the sides, 2 makes it as large as the picture", "2",
		answer(func(q *Request) string { return strconv.Itoa(held(q.Box, usualBox).By) }, func(q *Request, text string) {
			n, _ := strconv.Atoi(text)
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.By = n })
		}, Choice{Name: "2 times", Value: "2"}, Choice{Name: "4 times", Value: "4"}, Choice{Name: "8 times", Value: "8"}, Choice{Name: "16 times", Value: "16"}, Choice{Name: "32 times", Value: "32"})),
	boxRow("from", "from step", "the step from which it acts: early ones decide the composition, 5 is usual", "5", partNumber(boxAt, usualBox, func(b *BoxFields) *int { return &b.From }, 1, 1000, Slider{1, 40, 1, ""})),
	boxRow("to", "to step", "the last step at which it acts; 0: to the end", "0", partNumber(boxAt, usualBox, func(b *BoxFields) *int { return &b.To }, 0, 1000, Slider{0, 40, 1, ""})),
	boxRow("fade", "fade", "how the weight goes from the first of these steps to the last", "",
		answer(func(q *Request) string { return held(q.Box, usualBox).Fade }, func(q *Request, text string) {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.Fade = text })
		}, Choice{Name: "Even"}, Choice{Name: "Rising", Value: FadeRise}, Choice{Name: "Falling", Value: FadeFall})),
	boxRow("count", "count", "what these numbers count: the steps of each pass, or the network's evaluations through both, as the extension does, of which some samplers take two a step", "",
		answer(func(q *Request) string { return held(q.Box, usualBox).Count }, func(q *Request, text string) {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.Count = text })
		}, Choice{Name: "Steps"}, Choice{Name: "Evaluations", Value: CountEvaluations})),
	boxRow("passes", "passes", "in which passes it acts where there are two (hires)", "",
		answer(func(q *Request) string { return held(q.Box, usualBox).Passes }, func(q *Request, text string) {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.Passes = text })
		}, Choice{Name: "The first"}, Choice{Name: "The second", Value: PassSecond}, Choice{Name: "Both", Value: PassBoth})),
	boxRow("at", "kinds", "`LIST` of the kinds of layers that read the box, of "+strings.Join(family.RefineKinds, ", ")+": out, the last one, is usual and costs next to nothing; the others cost up to an evaluation of the box enlarged, and act more strongly", "out",
		Value{Kind: Words, get: func(q *Request) string { return held(q.Box, usualBox).At }, set: func(q *Request, text string) error {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.At = text })
			return family.CheckRefine(text)
		}}),
	boxRow("layers", "layers", "`LIST` of parts of the names of layers of these kinds: IN, M or OUT, or more exactly such as OUT05 or trans; out acts in any case, and all means all", "OUT",
		Value{Kind: Words, get: func(q *Request) string { return held(q.Box, usualBox).Layers }, set: func(q *Request, text string) error {
			alter(boxAt(q), usualBox, func(b *BoxFields) { b.Layers = text })
			return family.CheckLayers(text)
		}}),
	boxRow("up", "enlarge by", "how it is enlarged", "bilinear", partName(boxAt, usualBox, func(b *BoxFields) *string { return &b.Up }, family.RefineUps...)),
	boxRow("down", "reduce by", "how what the layers make of it is made as small again", "bilinear", partName(boxAt, usualBox, func(b *BoxFields) *string { return &b.Down }, family.RefineDowns...)),
	boxRow("mix", "mix by", "slerp mixes along the arc between two values, lerp along the line", "slerp", partName(boxAt, usualBox, func(b *BoxFields) *string { return &b.Mix }, "slerp", "lerp")),
}

func boxAt(q *Request) **BoxFields { return &q.Box }
func refinesBox(q Request) bool    { return q.Box != nil && q.Box.Place != "" }

func boxRow(id, label, help, usual string, v Value) Setting {
	return Setting{ID: "refine_" + id, Name: "Refined box: " + label, Label: "… " + label, Flag: "refine-" + id, Help: "of the refined box: " + help, Panel: Folded,
		recall: boxOf, Resets: true, Default: usual, When: refinesBox, Value: v}
}

// rect is the box; empty for what is none.
func (b BoxFields) rect() image.Rectangle {
	r, _ := ParseBox(b.Place) // Check says what is wrong
	return r
}

// check says what of it cannot be meant.
func (b BoxFields) check() error {
	if _, err := ParseBox(b.Place); err != nil {
		return fault.With(fmt.Errorf("pipeline: refined %w", err), fault.Hint(err))
	}
	if err := family.CheckRefine(b.At); err != nil {
		return fault.With(fmt.Errorf("pipeline: refined box: %w", err), fault.Hint(err))
	}
	if err := family.CheckLayers(b.Layers); err != nil {
		return fault.With(fmt.Errorf("pipeline: refined box: %w", err), fault.Hint(err))
	}
	if !slices.Contains([]int{2, 4, 8, 16, 32}, b.By) {
		return fmt.Errorf("pipeline: refined box: it is enlarged %d times, want 2, 4, 8, 16 or 32", b.By)
	}
	if !slices.Contains([]string{"", FadeRise, FadeFall}, b.Fade) {
		return fmt.Errorf("pipeline: refined box: its weight fades by %q, want %s or %s", b.Fade, FadeRise, FadeFall)
	}
	if want := among(b.Count, "", CountEvaluations); want != "" {
		return fmt.Errorf("pipeline: refined box: it counts %q, want nothing, for steps, or %s", b.Count, CountEvaluations)
	}
	if want := among(b.Passes, "", PassSecond, PassBoth); want != "" {
		return fmt.Errorf("pipeline: refined box: it acts in passes %q, want nothing, for the first, %s or %s", b.Passes, PassSecond, PassBoth)
	}
	if b.Mix != "slerp" && b.Mix != "lerp" {
		return fmt.Errorf("pipeline: refined box: it is mixed by %q, want slerp or lerp", b.Mix)
	}
	return nil
}

// BoxText writes a box as "x,y,w,h"; "" for an empty one.
func BoxText(r image.Rectangle) string {
	if r.Empty() {
		return ""
	}
	return fmt.Sprintf("%d,%d,%d,%d", r.Min.X, r.Min.Y, r.Dx(), r.Dy())
}

// farBox is how many pixels a box may be away, or long.
const farBox = 1 << 20

// ParseBox reads "x,y,w,h"; "" is no box.
func ParseBox(text string) (r image.Rectangle, err error) {
	if strings.TrimSpace(text) == "" {
		return r, nil
	}
	var n [4]int
	parts := strings.Split(text, ",")
	for i := range n {
		if len(parts) == len(n) && err == nil {
			n[i], err = strconv.Atoi(strings.TrimSpace(parts[i]))
		}
	}
	if len(parts) != len(n) || err != nil || n[2] < 1 || n[3] < 1 || max(n[0], n[1], n[2], n[3]) > farBox || min(n[0], n[1]) < -farBox {
		return image.Rectangle{}, fault.New(fmt.Sprintf("box %q: want x,y,w,h in pixels, w and h at least 1", text), "Count from the frame's upper left corner, such as 128,64,256,256.")
	}
	return image.Rect(n[0], n[1], n[0]+n[2], n[1]+n[3]), nil
}
