package fills

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// Setting is a row of pipeline.Settings, as the fill panel makes a control of it.
type Setting = pipeline.Setting

// The kinds of a Setting.
const (
	Number = pipeline.Number
	Option = pipeline.Option
	YesNo  = pipeline.YesNo
	Words  = pipeline.Words
)

// HiresWays are the ways to enlarge for a second pass without a network.
var HiresWays = pipeline.HiresWays

// Folded are the rows that the panel folds away under "More", in order: what is said of the
// model's file first, for a model can lack what is chosen there.
func Folded() []*Setting {
	all := rows(pipeline.Folded)
	slices.SortStableFunc(all, func(a, b *Setting) int { return cmp.Compare(rank(a), rank(b)) })
	return all
}

// Guiding are the rows that it folds away under "Guidance", in order.
func Guiding() []*Setting { return rows(pipeline.Guiding) }

// All are the rows that it has a control of.
func All() []*Setting { return slices.Concat(Shown(), Guiding(), Folded()) }

func rank(s *Setting) int {
	if s.OfModel && !s.Private {
		return 0
	}
	return 1
}

// Shown are the rows that the panel lays out by hand.
func Shown() []*Setting { return rows(pipeline.Shown) }

func rows(at pipeline.Place) []*Setting {
	var out []*Setting
	for i := range pipeline.Settings {
		if s := &pipeline.Settings[i]; s.Panel == at {
			out = append(out, s)
		}
	}
	return out
}

// yesNo are the answers to a YesNo.
var yesNo = []string{"No", "Yes"}

// Names are the answers to a setting for a list: its options, or No and Yes.
func Names(s *Setting) []string {
	if s.Kind == YesNo {
		return yesNo
	}
	out := make([]string, len(s.Options))
	for i, c := range s.Options {
		out[i] = c.Name
	}
	if s.ID == "sampler" {
		slices.SortStableFunc(out, func(a, b string) int {
			return cmp.Or(cmp.Compare(usual(a), usual(b)), cmp.Compare(strings.ToLower(a), strings.ToLower(b)))
		})
	}
	return out
}

// usual is a sampler's place among those, and behind them for any other.
func usual(name string) int {
	if i := slices.Index(pipeline.UsualSamplers, name); i >= 0 {
		return i
	}
	return len(pipeline.UsualSamplers)
}

// Chosen is the name of the answer that a text stands for; the first where it is none.
func Chosen(s *Setting, text string) string {
	if s.Kind == YesNo {
		return yesNo[map[bool]int{true: 1}[text == "true"]]
	}
	i := slices.IndexFunc(s.Options, func(c pipeline.Choice) bool { return c.Value == text })
	return s.Options[max(i, 0)].Name
}

// Choose is the text of the answer with a name. ok is false where there is none.
func Choose(s *Setting, name string) (text string, ok bool) {
	if s.Kind == YesNo {
		i := slices.Index(yesNo, name)
		return strconv.FormatBool(i == 1), i >= 0
	}
	i := slices.IndexFunc(s.Options, func(c pipeline.Choice) bool { return c.Name == name })
	if i < 0 {
		return "", false
	}
	return s.Options[i].Value, true
}

// Acts says whether a setting does anything alongside the panel's others.
func Acts(s *Setting, panel *settings.Fill) bool {
	if s.When == nil {
		return true
	}
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion}}
	pipeline.Apply(&q, panel.Get)
	return s.When(q)
}

// FasterLoss says what Faster saves and costs with the panel's sampler, as `make lean-bench` measured it.
func FasterLoss(f *settings.Fill) string {
	q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion}}
	pipeline.Apply(&q, f.Get)
	if q.Noisy() {
		return words.T("Faster leaves out a third of the network's work. This sampler adds noise: the composition stays, details change (35 dB on average).")
	}
	return words.T("Faster leaves out half of the network's work: the picture stays, fine details change a little (44 dB on average).")
}
