package fills

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/app/desk"
	"pentimento/app/settings"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Problem is a reason why the next fill cannot run, or will run badly.
type Problem struct {
	Text   string
	Advice string // what to do about it
	Blocks bool   // it cannot run
	Prompt bool   // a finding in the prompt's text, which stands beside it already
}

// leastFrame is the side below which no model makes a picture.
const leastFrame = 64

// problemCache keeps the last answer: it follows from these alone.
type problemCache struct {
	state    *canvas.State
	fill     settings.Fill
	into     string
	attached int
	read     bool // the vocabulary is there
	out      []Problem
}

// Problems names everything that stands against a press on Fill, what blocks first. It is
// quick enough to be asked after every change.
func (f *Fills) Problems() []Problem {
	key := problemCache{state: f.canvas.Committed(), fill: f.desk.Settings.Fill, into: f.desk.Settings.AcceptInto, attached: len(f.Attached()), read: f.models.Generates() && f.models.Vocabulary().Encode != nil}
	if c := f.checked; c != nil && c.state == key.state && c.fill.Equal(key.fill) && c.into == key.into && c.attached == key.attached && c.read == key.read {
		return c.out
	}
	key.out = f.problems(key.state)
	f.checked = &key
	return key.out
}

func (f *Fills) problems(state *canvas.State) []Problem {
	var out []Problem
	_, plan := f.plan(state)
	if plan.Err != nil {
		text := plan.Err.Error()
		out = append(out, Problem{Text: strings.TrimPrefix(text, "fill: "), Advice: fault.Hint(plan.Err), Blocks: true})
	}
	if f.models.Generates() {
		out = append(out, f.samplingProblems(plan)...)
		out = append(out, f.promptProblems()...)
		out = append(out, frameProblems(state, plan)...)
	}
	if plan.Err == nil {
		out = append(out, f.pipelineProblems(plan)...)
	}
	if l := state.Layer(state.Active); f.desk.Settings.AcceptInto == "active" && l != nil && (!l.Visible || l.Opacity == 0) {
		out = append(out, Problem{Text: "results are accepted into the active layer, which is hidden", Advice: "show the layer, or accept into a new one"})
	}
	slices.SortStableFunc(out, func(a, b Problem) int { return sign(b.Blocks) - sign(a.Blocks) })
	return out
}

func sign(b bool) int {
	if b {
		return 1
	}
	return 0
}

// samplingProblems looks at what the panel's numbers do to this task. A Request cannot
// tell a strength of 0 from one that was never set, so that is refused here.
func (f *Fills) samplingProblems(plan Outline) []Problem {
	var out []Problem
	panel := f.desk.Settings.Fill
	keeps := plan.Task == pipeline.Refine || plan.Task == pipeline.Inpaint
	switch {
	case keeps && panel.Strength <= 0:
		out = append(out, Problem{Text: "the strength is 0, so nothing would change", Advice: "raise it: 0.3 touches up, 0.75 makes anew on the old composition", Blocks: true})
	case plan.Err == nil && plan.Task == pipeline.Refine && panel.Strength >= 1:
		out = append(out, Problem{Text: "at strength 1 nothing of the picture in the frame is kept", Advice: "lower the strength: 0.75 keeps its composition, 0.3 its details"})
	}
	if n := len(f.Attached()); n > 0 {
		out = append(out, Problem{Text: fmt.Sprintf("%s attached, but this model has nothing to read references with", desk.Plural(n, "reference is", "references are")),
			Advice: "use a reference as the start of a refine instead; what is attached is kept with the fill's settings"})
	}
	return out
}

// promptProblems are the linter's findings that are not mere doubts.
func (f *Fills) promptProblems() []Problem {
	var out []Problem
	text, negative := f.prompting.Texts()
	if strings.TrimSpace(text) == "" {
		out = append(out, Problem{Text: "the prompt is empty, so the model paints whatever comes to it", Advice: "say in a few words what shall be there"})
	}
	for i, t := range []string{f.desk.Settings.Fill.Prompt, f.desk.Settings.Fill.Negative} {
		for _, r := range f.prompting.Read(t, i == 1).Remarks {
			if !r.Mild {
				out = append(out, Problem{Text: fmt.Sprintf("%s: %s", []string{"prompt", "negative prompt"}[i], r.Text), Prompt: true})
			}
		}
	}
	if text != "" && text == negative {
		out = append(out, Problem{Text: "prompt and negative prompt say the same and cancel each other", Advice: "empty the negative prompt"})
	}
	return out
}

// frameProblems are those of place and size.
func frameProblems(state *canvas.State, plan Outline) []Problem {
	if f := state.Frame; plan.Err == nil && min(f.Dx(), f.Dy()) < leastFrame {
		return []Problem{{Text: fmt.Sprintf("the frame is %d × %d pixels, which is too small for a model to see anything in", f.Dx(), f.Dy()),
			Advice: "make it 256 pixels or more (F): what it holds is kept sharp"}}
	}
	return nil
}

// pipelineProblems asks the pipeline, which knows models and memory. What the functions
// above say already, in the panel's words, is left out.
func (f *Fills) pipelineProblems(plan Outline) []Problem {
	req := f.request(plan.Task)
	req.Plan = plan.plan
	var out []Problem
	for _, p := range f.Pipeline.Check(req) {
		switch {
		case p.Kind == "prompt", p.Kind == "frame", p.Kind == "strength" && p.Blocks:
		default:
			out = append(out, Problem{Text: p.Text, Advice: p.Advice, Blocks: p.Blocks})
		}
	}
	return out
}

// blocked shows what keeps a fill from running, if anything does, and says whether it does.
func (f *Fills) blocked() bool {
	var texts, advice []string
	for _, p := range f.Problems() {
		if p.Blocks {
			texts = append(texts, p.Text)
			if p.Advice != "" {
				advice = append(advice, p.Advice)
			}
		}
	}
	if len(texts) == 0 {
		return false
	}
	return f.desk.Fail(fault.New("fill: "+strings.Join(texts, "; "), strings.Join(advice, "; ")))
}
