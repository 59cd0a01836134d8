package prompting

import (
	"strings"
	"testing"
	"time"

	"pentimento/app/desk/desktest"
	"pentimento/app/settings"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/wildcard"
)

// perWord gives one token a word and one a comma; letters of "zqxj" come one by one.
func perWord(text string) []prompt.Token {
	var out []prompt.Token
	for at := 0; at < len(text); {
		end := at + 1
		switch {
		case text[at] == ' ':
			at++
			continue
		case strings.HasPrefix(text[at:], "zqxj"), text[at] == ',':
		default:
			for end < len(text) && text[end] != ' ' && text[end] != ',' {
				end++
			}
		}
		id := 5
		if text[at] == ',' {
			id = 7
		}
		if strings.HasPrefix(text[at:], "zqxj") {
			for i := range 4 {
				out = append(out, prompt.Token{ID: 9, Start: at + i, End: at + i + 1})
			}
			end = at + 4
		} else {
			out = append(out, prompt.Token{ID: id, Start: at, End: end})
		}
		at = end
	}
	return out
}

// fake is a chosen model whose vocabulary is there.
type fake struct{ words Vocabulary }

func (f *fake) Vocabulary() *Vocabulary { return &f.words }
func (f *fake) Generates() bool         { return true }
func (f *fake) Wildcards() (string, func() *wildcard.Library) {
	return "", func() *wildcard.Library { return wildcard.Open() }
}

// reader reads with a vocabulary of perWord.
func reader(t testing.TB) *Prompting {
	f := &fake{Vocabulary{Encode: perWord, Spec: prompt.Spec{Length: 75, Start: 1, End: 2, Pad: 2, Comma: 7, Backtrack: 20}}}
	return New(desktest.New(t).Desk, f, nil)
}

func TestPiecesCoverEveryByteInOrder(t *testing.T) {
	b := reader(t)
	for _, text := range []string{"", "a (red:1.3) barn", "((x)) [y] BREAK z AND w :2 # no", "[a:b:0.5] <lora:fog:0.7> (ä", "a\\(b", ")) ü (", "[cow|horse] |"} {
		at := 0
		for _, p := range b.Read(text, false).Pieces {
			if p.Start != at || p.End <= p.Start {
				t.Errorf("%q: piece %+v follows byte %d", text, p, at)
			}
			at = p.End
		}
		if at != len(text) {
			t.Errorf("%q: the pieces end at %d of %d", text, at, len(text))
		}
	}
}

func TestPiecesSayWhatTheTextIs(t *testing.T) {
	b := reader(t)
	text := "a (red:1.3) barn BREAK x <lora:fog:1> # why"
	found := map[string]Piece{}
	for _, p := range b.Read(text, false).Pieces {
		found[strings.TrimSpace(text[p.Start:p.End])] = p
	}
	for word, want := range map[string]Piece{"red": {Kind: PieceWords, Weight: 1.3}, "barn": {Kind: PieceWords, Weight: 1}, "(": {Kind: PieceSyntax},
		"BREAK": {Kind: PieceBreak}, "<lora:fog:1>": {Kind: PieceNetwork}, "# why": {Kind: PieceComment}} {
		p, ok := found[word]
		if !ok || p.Kind != want.Kind || want.Kind == PieceWords && p.Weight != want.Weight {
			t.Errorf("%q is %+v, want %+v; all: %v", word, p, want, found)
		}
	}
}

func TestRemarksPointAtWhatIsWrong(t *testing.T) {
	b := reader(t)
	b.Adapters = func() []string { return []string{"/models/lora/Misty Fog.safetensors", "kiln"} }
	for _, c := range []struct {
		text, at, says string
		negative, mild bool
	}{
		{"a (red barn", "(", "not closed", false, false},
		{"red) barn", ")", "closes nothing", false, false},
		{"a <lora:misty fgo:1> b", "<lora:misty fgo:1>", `did you mean "Misty Fog"`, false, false},
		{"<lora:somethingelse:1>", "<lora:somethingelse:1>", "no adapter is called", false, false},
		{"<lora:kiln:1>", "<lora:kiln:1>", "belongs in the prompt", true, false},
		{"<hypernet:kiln:1>", "<hypernet:kiln:1>", "is ignored", false, false},
		{"a zqxj tree", "zqxj", "4 pieces", false, true},
	} {
		all := b.Read(c.text, c.negative).Remarks
		if len(all) != 1 {
			t.Errorf("%q: remarks %v, want one", c.text, all)
			continue
		}
		if r := all[0]; c.text[r.Start:r.End] != c.at || !strings.Contains(r.Text, c.says) || r.Mild != c.mild {
			t.Errorf("%q: %+v at %q, want %q at %q", c.text, r, c.text[r.Start:r.End], c.says, c.at)
		}
	}
	for _, good := range []string{"a red barn", "<lora:kiln:0.5>", "<lora:misty fog:1>", "a \\(plain\\) word"} {
		if all := b.Read(good, false).Remarks; len(all) != 0 {
			t.Errorf("%q: remarks %v", good, all)
		}
	}
}

func TestWordsOutsideASmallModelsListAreMarked(t *testing.T) {
	b := reader(t)
	b.model.Vocabulary().Know(`["red", "old house", "a"]`)
	text := "a red (House:1.2) elephant 12"
	all := b.Read(text, false).Remarks
	if len(all) != 1 || text[all[0].Start:all[0].End] != "elephant" || !all[0].Mild {
		t.Errorf("remarks %+v, want the elephant alone", all)
	}
}

func TestTokensAreCountedByChunkWithStyles(t *testing.T) {
	b := reader(t)
	b.desk.SetFill(func(f *settings.Fill) { f.Prompt = "one two, three" })
	if r := b.Read(b.desk.Settings.Fill.Prompt, false); len(r.Chunks) != 1 || r.Chunks[0] != 4 || r.Window != 75 {
		t.Errorf("four tokens are counted as %v of %d", r.Chunks, r.Window)
	}
	if err := b.SaveStyle("", settings.Style{Name: "ink", Prompt: "ink on paper"}); err != nil {
		t.Fatal(err)
	}
	b.ApplyStyle("ink", true)
	if r := b.Read(b.desk.Settings.Fill.Prompt, false); r.Chunks[0] != 8 {
		t.Errorf("with a style of three words and its comma: %v, want 8", r.Chunks)
	}
	b.ApplyStyle("ink", false)
	for text, want := range map[string][]int{
		strings.Repeat("w ", 80):  {75, 5},
		"a BREAK b c":             {1, 2},
		"[one:one two three:0.5]": {3},
		"a AND b c d e":           {4},
		"":                        {0},
	} {
		b.desk.SetFill(func(f *settings.Fill) { f.Prompt = text })
		r := b.Read(text, false)
		if len(r.Chunks) != len(want) {
			t.Errorf("%.20q: chunks %v, want %v", text, r.Chunks, want)
			continue
		}
		for i := range want {
			if r.Chunks[i] != want[i] {
				t.Errorf("%.20q: chunks %v, want %v", text, r.Chunks, want)
			}
		}
	}
}

// typed is a prompt with something of everything, times as long.
func typed(times int) string {
	return strings.Repeat("(a red:1.2) [barn|house], old zqxj <lora:x:1> ", times)
}

// TestReadingGrowsWithTheTextOnly holds a byte of a long text to about the cost of a byte of
// a short one. The least of many readings is compared, and load that comes or goes in between
// only costs another try.
func TestReadingGrowsWithTheTextOnly(t *testing.T) {
	b := reader(t)
	short, long := time.Hour, time.Hour
	for end := time.Now().Add(time.Minute); ; {
		for text, best := range map[string]*time.Duration{typed(20): &short, typed(80): &long} {
			b.desk.SetFill(func(f *settings.Fill) { f.Prompt = text })
			began := time.Now()
			b.Read(text, false)
			*best = min(*best, time.Since(began))
		}
		if long <= 8*short {
			return
		}
		if time.Now().After(end) {
			t.Fatalf("reading takes %v, and %v of a text four times as long", short, long)
		}
	}
}

// BenchmarkReading is what a key in a prompt of 1,900 bytes costs before the panel draws.
func BenchmarkReading(b *testing.B) {
	r := reader(b)
	text := typed(40)
	r.desk.SetFill(func(f *settings.Fill) { f.Prompt = text })
	for b.Loop() {
		r.Read(text, false)
	}
}
