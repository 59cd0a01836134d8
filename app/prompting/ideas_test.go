package prompting

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/app/desk/desktest"
	"pentimento/app/settings"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/wildcard"
)

// listing is a model with lists of its own.
type listing struct {
	fake
	dir string
}

func (l *listing) Wildcards() (string, func() *wildcard.Library) {
	return l.dir, func() *wildcard.Library { return wildcard.Open(l.dir) }
}

// lister reads with a folder of lists.
func lister(t *testing.T) (*Prompting, *desktest.Desk) {
	t.Helper()
	f := &listing{fake{Vocabulary{Encode: perWord, Spec: prompt.Spec{Length: 75, Start: 1, End: 2, Pad: 2, Comma: 7, Backtrack: 20}}}, t.TempDir()}
	if err := os.MkdirAll(filepath.Join(f.dir, "boats"), 0o755); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(f.dir, "boats", "small.txt"), []byte("dinghy\nskiff\n"), 0o644); err != nil {
		t.Fatal(err)
	}
	d := desktest.New(t)
	return New(d.Desk, f, nil), d
}

// TestTemplatesAreReadByTheirWords: no mistake is seen in what is written right, weights are
// those of the prompt language, and the longest form is counted.
func TestTemplatesAreReadByTheirWords(t *testing.T) {
	p, d := lister(t)
	d.SetFill(func(f *settings.Fill) { f.Prompt = "a {red|(dark green:1.3)} barn [x:y:0.5] __boats/small__" })
	text := d.Settings.Fill.Prompt
	p.Read(text, false) // starts a look at the lists
	d.Until("the idea", func() bool { return p.ideas.lists != nil })
	r := p.Read(text, false)
	if len(r.Remarks) != 0 {
		t.Errorf("remarks %+v", r.Remarks)
	}
	at, kinds := 0, map[string]Piece{}
	for _, piece := range r.Pieces {
		if piece.Start != at {
			t.Errorf("piece %+v follows byte %d", piece, at)
		}
		at = piece.End
		kinds[strings.TrimSpace(text[piece.Start:piece.End])] = piece
	}
	if at != len(text) || kinds["dark green"].Weight != 1.3 || kinds["|"].Kind != PieceSyntax || kinds["__boats/small__"].Kind != PieceNetwork || kinds["red"].Kind != PieceWords {
		t.Errorf("the pieces %+v", kinds)
	}
	if len(r.Chunks) != 1 || r.Chunks[0] != 7 { // a dark green barn x boats small
		t.Errorf("counted %v tokens, want 7", r.Chunks)
	}
	d.SetFill(func(f *settings.Fill) { f.Prompt = "a __boat__ <lora:{fog|mist}:1>" })
	r = p.Read(d.Settings.Fill.Prompt, false)
	if len(r.Remarks) != 1 || !strings.Contains(r.Remarks[0].Text, `"boat"`) || r.Remarks[0].Mild {
		t.Errorf("a list that is missing: %+v", r.Remarks)
	}
	d.SetFill(func(f *settings.Fill) { f.Set("literal", "true") })
	r = p.Read("a {b|c}", false)
	if !slices.ContainsFunc(r.Remarks, func(m Remark) bool { return m.Mild && strings.Contains(m.Text, "read as text") }) || p.Templated() {
		t.Errorf("as text: %+v", r.Remarks)
	}
}

func TestListsAreCompleted(t *testing.T) {
	p, d := lister(t)
	p.Complete("__b", 3)
	d.Until("the idea", func() bool { return p.ideas.lists != nil })
	for text, want := range map[string]string{"a __bo": "boats/small__", "__boats/small__ __lig": "light__"} {
		from, names := p.Complete(text, len(text))
		if len(names) == 0 || names[0] != want || from != strings.LastIndex(text, "__")+2 {
			t.Errorf("%q: %d %q, want %q", text, from, names, want)
		}
	}
	for _, text := range []string{"__boats/small__", "__boats/small__ bo", "__a, bo"} {
		if _, names := p.Complete(text, len(text)); len(names) > 0 {
			t.Errorf("%q: %q", text, names)
		}
	}
}

// TestANameBeginsWhereItWasTyped, though its small letters take more bytes than those that were typed.
func TestANameBeginsWhereItWasTyped(t *testing.T) {
	const text = "__ȺȺȺ"
	from, names := completeList(text, len(text), func() []string { return []string{"ⱥⱥⱥⱥ"} })
	if from != 2 || len(names) != 1 {
		t.Errorf("it begins at %d: %q", from, names)
	}
}

// TestIdeasCanBeTakenBack, and done again.
func TestIdeasCanBeTakenBack(t *testing.T) {
	p, d := lister(t)
	now := func() string { return d.Settings.Fill.Prompt }
	d.SetFill(func(f *settings.Fill) { f.Prompt = "my own words" })
	if p.CanBack() || p.Back() {
		t.Error("there is something to bring back before anything was replaced")
	}
	p.Enrich()
	d.Until("the idea", func() bool { return now() != "my own words" })
	more := now()
	p.Surprise()
	d.Until("the idea", func() bool { return now() != more })
	surprise := now()
	if !strings.HasPrefix(more, "my own words, ") || strings.HasPrefix(surprise, "my own words") {
		t.Errorf("%q, then %q", more, surprise)
	}
	if !p.Back() || now() != more || !p.Back() || now() != "my own words" || p.Back() {
		t.Errorf("taken back it is %q", now())
	}
	if !p.Forth() || now() != more || !p.Forth() || now() != surprise || p.Forth() {
		t.Errorf("done again it is %q", now())
	}
	d.SetFill(func(f *settings.Fill) { f.Prompt += "!" })
	if p.CanBack() {
		t.Error("a text that was typed on is not the one that was put there")
	}
}

func TestTriesAreFormsOfThePrompt(t *testing.T) {
	p, d := lister(t)
	var got []Forms
	try := func(text string) Forms {
		d.SetFill(func(f *settings.Fill) { f.Prompt = text })
		got = nil
		p.Try(func(f Forms) { got = append(got, f) })
		d.Until("the idea", func() bool { return len(got) > 0 })
		return got[0]
	}
	if f := try("a __boats/small__"); !f.All || !slices.Equal(f.Some, []string{"a dinghy", "a skiff"}) {
		t.Errorf("%+v", f)
	}
	f := try("{a|b|c|d} {a|b|c|d}")
	slices.Sort(f.Some)
	if f.All || len(f.Some) != mostForms || len(slices.Compact(f.Some)) != mostForms {
		t.Errorf("%+v", f)
	}
}

// TestIdeasKeepToWhatTheModelKnows: what the Starter was not taught would only be remarked on.
func TestIdeasKeepToWhatTheModelKnows(t *testing.T) {
	p, d := lister(t)
	v := p.model.Vocabulary()
	v.Know(starterWords(t))
	now := func() string { return d.Settings.Fill.Prompt }
	for range 40 {
		d.SetFill(func(f *settings.Fill) { f.Prompt = "a boat" })
		for _, idea := range []func(){p.Enrich, p.Surprise} {
			was := now()
			idea()
			d.Until("the idea", func() bool { return now() != was })
			if r := p.Read(now(), false); len(r.Remarks) != 0 {
				t.Fatalf("%q: %+v", now(), r.Remarks)
			}
		}
	}
}

// starterWords are the words that the built-in model was taught, as its header lists them.
func starterWords(t *testing.T) string {
	t.Helper()
	file, err := os.ReadFile(filepath.Join("..", "..", "assets", "starter", "model", "starter.safetensors"))
	if err != nil {
		t.Fatal(err)
	}
	var header struct {
		Metadata map[string]string `json:"__metadata__"`
	}
	if err := json.Unmarshal(file[8:8+binary.LittleEndian.Uint64(file)], &header); err != nil {
		t.Fatal(err)
	}
	return header.Metadata["pentimento.words"]
}
