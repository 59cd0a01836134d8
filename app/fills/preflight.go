package fills

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/fault"
	"pentimento/pipeline"
)

// Problem is a reason why the next fill cannot run, or will run badly: pipeline.Check's, and
// what only a window knows.
type Problem = pipeline.Problem

// Wording is the kind of a Problem that is already shown next to the prompt: a finding in its
// text.
const Wording = "wording"

// Idle is the kind of a Problem that is no failure: nothing is masked yet.
const Idle = "idle"

// problemCache keeps the last answer: it follows from these alone.
type problemCache struct {
	state    *canvas.State
	fill     settings.Fill
	into     string
	attached []Attachment // in the strip's order
	read     bool         // the vocabulary is there
	out      []Problem
}

// Problems names everything that stands against a press on Fill, what blocks first. It is
// quick enough to be asked after every change. What regions say is not among what it remembers: a
// change of theirs makes it forget.
func (f *Fills) Problems() []Problem {
	key := problemCache{state: f.canvas.Committed(), fill: f.desk.Settings.Fill, into: f.desk.Settings.AcceptInto, attached: f.ways(), read: f.models.Generates() && f.models.Vocabulary().Encode != nil}
	if c := f.checked; c != nil && c.state == key.state && c.fill.Equal(key.fill) && c.into == key.into && slices.Equal(c.attached, key.attached) && c.read == key.read {
		return c.out
	}
	key.out = f.problems(key.state)
	f.checked = &key
	return key.out
}

func (f *Fills) problems(state *canvas.State) []Problem {
	var out []Problem
	plan := f.Outline()
	if plan.Err != nil {
		text := fault.Plain(plan.Err)
		kind := ""
		if plan.Idle {
			kind = Idle
		}
		out = append(out, Problem{Kind: kind, Text: strings.TrimPrefix(text, "fill: "), Advice: fault.Hint(plan.Err), Blocks: true})
	}
	if f.models.Generates() {
		out = append(out, f.wording()...)
	} else if len(f.followed(state)) > 0 {
		out = append(out, Problem{Kind: "guides", Text: words.T("this engine copies from the picture and follows no reference"),
			Advice: words.T("Choose a checkpoint to have it follow what is attached in the strip.")})
	}
	if plan.Err == nil {
		req := f.request(plan.Task, uncut(f.acting(state, plan))...)
		req.Plan = plan.plan
		out = append(out, f.Pipeline.Check(req)...)
		if f.Photo && f.models.UsesStarter() && f.models.Generates() && plan.Task.Row().Needs.Picture {
			out = append(out, Problem{Kind: "photo", Text: words.T("the Starter is a toy: what it paints doesn't match a photograph"),
				Advice: words.T("Choose Content-aware, which continues the picture, or open a Stable Diffusion checkpoint.")})
		}
	}
	if l := state.Layer(state.Active); f.desk.Settings.AcceptInto == "active" && l != nil && (!l.Visible || l.Opacity == 0) {
		out = append(out, Problem{Text: words.T("results are accepted into the active layer, which is hidden"), Advice: words.T("show the layer, or accept into a new one")})
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

// wording is the linter's findings that are not mere doubts.
func (f *Fills) wording() []Problem {
	var out []Problem
	for i, t := range []string{f.desk.Settings.Fill.Prompt, f.desk.Settings.Fill.Negative} {
		for _, r := range f.prompting.Read(t, i == 1).Remarks {
			if !r.Mild {
				out = append(out, Problem{Kind: Wording, Text: fmt.Sprintf("%s: %s", []string{words.T("prompt"), words.T("negative prompt")}[i], r.Text)})
			}
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
