package fills

import (
	"fmt"
	"slices"
	"strings"

	"pentimento/app/desk"
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
	attached []Attachment     // in the strip's order
	read     bool             // the vocabulary is there
	own      []Problem        // what the window knows by itself
	check    func() []Problem // what reads files for the rest; nil: nothing does
	found    []Problem        // the rest; until it is here, that of what was asked before
	whole    bool             // it is here
}

func (c *problemCache) all() []Problem {
	out := slices.Concat(c.own, c.found)
	slices.SortStableFunc(out, func(a, b Problem) int { return sign(b.Blocks) - sign(a.Blocks) })
	return out
}

// Problems names everything that stands against a press on Fill, what blocks first. It is
// quick enough to be asked after every change: what the files of networks say is read beside the window's goroutine,
// which is told (desk.FillChanged) when it is there. What regions say is not among what it remembers: a
// change of theirs makes it forget.
func (f *Fills) Problems() []Problem { return f.preflight().all() }

func (f *Fills) preflight() *problemCache {
	key := problemCache{state: f.canvas.Committed(), fill: f.desk.Settings.Fill, into: f.desk.Settings.AcceptInto, attached: f.ways(), read: f.models.Generates() && f.models.Vocabulary().Encode != nil}
	if c := f.checked; c != nil && c.state == key.state && c.fill.Equal(key.fill) && c.into == key.into && slices.Equal(c.attached, key.attached) && c.read == key.read {
		return c
	}
	key.own, key.check = f.problems(key.state)
	f.checked = &key
	switch {
	case key.check == nil:
		key.whole = true
	case !f.models.Engine().Network: // it reads no file
		key.found, key.whole, key.check = key.check(), true, nil
	default:
		key.found = f.found
		f.look()
	}
	return &key
}

// look has the files looked at for the last question that has no answer. One look at a time: while a slow disk
// answers, many are asked.
func (f *Fills) look() {
	c := f.checked
	if f.looking || c == nil || c.whole {
		return
	}
	f.looking = true
	f.desk.Go("check", func() {
		found := c.check()
		f.desk.Post(func() {
			c.found, c.whole, f.found, f.looking = found, true, found, false
			if f.checked == c {
				f.desk.Tell(desk.Change{What: desk.FillChanged})
			}
			f.look()
		})
	}, func(error) { f.looking, c.whole = false, true })
}

// problems are what the window knows by itself against a fill, and what says the rest: any goroutine may call it.
func (f *Fills) problems(state *canvas.State) (out []Problem, check func() []Problem) {
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
		p := f.Pipeline
		check = func() []Problem { return p.Check(req) }
		if f.Photo && f.models.UsesStarter() && f.models.Generates() && plan.Task.Row().Needs.Picture {
			out = append(out, Problem{Kind: "photo", Text: words.T("the Starter is a toy: what it paints doesn't match a photograph"),
				Advice: words.T("Choose Content-aware, which continues the picture, or open a Stable Diffusion checkpoint.")})
		}
	}
	if l := state.Layer(state.Active); f.desk.Settings.AcceptInto == "active" && l != nil && (!l.Visible || l.Opacity == 0) {
		out = append(out, Problem{Text: words.T("results are accepted into the active layer, which is hidden"), Advice: words.T("show the layer, or accept into a new one")})
	}
	return out, check
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

// blocked shows what keeps a fill from running, if anything that is known does, and says whether it does. What is
// not known yet unknown says, on any goroutine; nil: all is.
func (f *Fills) blocked() (blocks bool, unknown func() error) {
	c := f.preflight()
	if check := c.check; !c.whole {
		return f.desk.Fail(refusal(c.own)), func() error { return refusal(check()) }
	}
	return f.desk.Fail(refusal(c.all())), nil
}

// refusal is what of problems blocks, as one error; nil for nothing.
func refusal(all []Problem) error {
	var texts, advice []string
	for _, p := range all {
		if p.Blocks {
			texts = append(texts, p.Text)
			if p.Advice != "" {
				advice = append(advice, p.Advice)
			}
		}
	}
	if len(texts) == 0 {
		return nil
	}
	return fault.New("fill: "+strings.Join(texts, "; "), strings.Join(advice, "; "))
}
