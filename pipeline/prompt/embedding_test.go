package prompt

import (
	"fmt"
	"hash/fnv"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"
)

var pieceOf = regexp.MustCompile(`\p{L}+|\p{N}|[^\s\p{L}\p{N}]+`)

// wordwise encodes words, digits and runs of other signs as a token each, in any case.
func wordwise(text string) []Token {
	var out []Token
	for _, at := range pieceOf.FindAllStringIndex(text, -1) {
		h := fnv.New32a()
		h.Write([]byte(strings.ToLower(text[at[0]:at[1]])))
		out = append(out, Token{int(h.Sum32() % 40000), at[0], at[1]})
	}
	return out
}

// lexicon knows names whose vectors have the ids 50000 …, 50100 … and so on.
func lexicon(names ...string) *Lexicon {
	var all []Embedding
	for i, n := range names {
		all = append(all, Embedding{Name: n, Vectors: i + 1, First: 50000 + 100*i})
	}
	return NewLexicon(wordwise, all)
}

// said writes tokens as the words they are, vectors as #id.
func said(text string, tokens []Token) string {
	var b []string
	for _, t := range tokens {
		if t.ID >= 50000 {
			b = append(b, fmt.Sprint("#", t.ID-50000))
			continue
		}
		b = append(b, text[t.Start:t.End])
	}
	return strings.Join(b, " ")
}

func TestEmbeddingsAreFoundByTheirNames(t *testing.T) {
	l := lexicon("fog", "bad fog", "style-2", "Hand (left)", "fog-3")
	for text, want := range map[string]string{
		"a fog":                       "a #0",
		"a FOG, far":                  "a #0 , far",
		"bad fog":                     "#100 #101",
		"bad  fog":                    "#100 #101",
		"foggy fog.":                  "foggy #0 .",
		"fog2 fog 2":                  "fog 2 #0 2",
		"fog_":                        "fog _",
		"very-style-2":                "very - #200 #201 #202",
		"style-25":                    "style - 2 5",
		"fog-3 fog":                   "#400 #401 #402 #403 #404 #0",
		"hand (left)":                 "#300 #301 #302 #303",
		"embedding:fog":               "#0",
		"a embedding:FOG, b":          "a #0 , b",
		"Embedding:fog.pt b":          "#0 b",
		"embedding:fog.safetensors.":  "#0 .",
		"embedding:sub/fog":           "#0",
		`embedding:sub\dir\style-2`:   "#200 #201 #202",
		"embedding:bad fog":           "#100 #101",
		"embedding:foggy b":           "b",
		"a embedding:none. b":         "a . b",
		"embedding: fog":              "embedding : #0",
		"myembedding:fog":             "myembedding : #0",
		"<fog> b":                     "#0 b",
		"<bad fog>":                   "#100 #101",
		"<none> b":                    "< none > b",
		",<none>":                     ",< none >",
		"1 < 2 > 0":                   "1 < 2 > 0",
		"embedding:fog embedding:fog": "#0 #0",
		"":                            "",
	} {
		if got := said(text, l.Encode(text)); got != want {
			t.Errorf("%q is %q, want %q", text, got, want)
		}
	}
}

func TestAPromptTellsWhichEmbeddingsItUses(t *testing.T) {
	l := lexicon("fog", "kiln")
	source := `([FOG]:1.2) <none> [embedding:kiln:embedding:gone:0.5] (embedding:kiln:1.3) BREAK # fog
fog AND <kiln> <lora:fog:1> \(fog\)`
	var got []string
	for _, u := range l.Uses(Parse(source, Options{Steps: 10})) {
		got = append(got, fmt.Sprintf("%s=%s %v%v", source[u.Start:u.End], u.Name, u.Missing, u.Explicit))
	}
	want := []string{"FOG=fog falsefalse", "<none>=none truetrue", "embedding:kiln=kiln falsetrue", "embedding:gone=gone truetrue",
		"embedding:kiln=kiln falsetrue", "fog=fog falsefalse", "<kiln>=kiln falsetrue", "fog=fog falsefalse"}
	if !slices.Equal(got, want) {
		t.Errorf("got\n%s, want\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
	}
}

func TestWeightsAndSchedulesHoldForNamedEmbeddings(t *testing.T) {
	l := lexicon("fog", "kiln")
	spec := window
	spec.Together = l.Together
	weights := func(source string, step int, d Dialect) string {
		var out []string
		p := Parse(source, Options{Steps: 10, Dialect: d})
		for _, c := range Chunks(p.Parts[0].At(step).Segments, l.Encode, spec) {
			for i, id := range c.IDs {
				if id >= 50000 {
					out = append(out, fmt.Sprintf("%d×%.3g", id-50000, c.Weights[i]))
				}
			}
		}
		return strings.Join(out, " ")
	}
	for _, v := range []struct {
		source      string
		step        int
		dialect     Dialect
		want, words string
	}{
		{source: "(embedding:kiln:1.3)", step: 1, want: "100×1.3 101×1.3"},
		{source: "(kiln:1.3) [fog]", step: 1, want: "100×1.3 101×1.3 0×0.909"},
		{source: "(embedding:kiln:1.3)", step: 1, dialect: DialectComfy, want: "100×1.3 101×1.3"},
		{source: "((kiln))", step: 1, dialect: DialectComfy, want: "100×1.21 101×1.21"},
		{source: "[embedding:fog:embedding:kiln:0.5]", step: 5, want: "0×1"},
		{source: "[embedding:fog:embedding:kiln:0.5]", step: 6, want: "100×1 101×1"},
		{source: "[fog:kiln:0.5]", step: 6, want: "100×1 101×1"},
		{source: "[embedding:fog:0.5]", step: 5, want: ""},
		{source: "[embedding:fog|(embedding:kiln:2)]", step: 2, want: "100×2 101×2"},
		{source: "[embedding:fog::0.5]", step: 6, want: ""},
	} {
		if got := weights(v.source, v.step, v.dialect); got != v.want {
			t.Errorf("%q at step %d: %q, want %q", v.source, v.step, got, v.want)
		}
	}
}

// The vectors of one embedding stand in one window where a window has room for them at all.
func TestVectorsStayInOneWindow(t *testing.T) {
	for n := 1; n <= 80; n++ {
		l := NewLexicon(wordwise, []Embedding{{Name: "fog", Vectors: n, First: 50000}})
		spec := window
		spec.Together = l.Together
		for before := 0; before <= 80; before += 5 {
			for _, comma := range []string{"", ", "} {
				text := strings.Repeat("x ", before) + comma + "fog y fog"
				chunks := Chunks(attention(mapped(text)), l.Encode, spec)
				at, total := map[int][]int{}, 0
				for i, c := range chunks {
					if len(c.IDs) != 77 || c.IDs[0] != window.Start {
						t.Fatalf("a window of %d ids", len(c.IDs))
					}
					for _, id := range c.IDs {
						if id >= 50000 {
							at[i] = append(at[i], id-50000)
							total++
						}
					}
				}
				if total != 2*n {
					t.Fatalf("%d words, then %d vectors: %d of %d are in the windows", before, n, total, 2*n)
				}
				for i, ids := range at {
					if n <= 75 && len(ids)%n != 0 {
						t.Fatalf("%d words, then %d vectors: window %d holds %d of them", before, n, i, len(ids))
					}
				}
			}
		}
	}
}

func TestAnEmbeddingIsRenamedAsAWholeWord(t *testing.T) {
	for text, want := range map[string]string{
		"fog, (FOG:1.2) foggy embedding:fog <fog> fog_ ": "mist-2, (mist-2:1.2) foggy embedding:mist-2 <mist-2> fog_ ", "": "", "a": "a",
	} {
		if got := Renamed(text, "fog", "mist-2"); got != want {
			t.Errorf("%q became %q, want %q", text, got, want)
		}
	}
}

// A long text of names, with many embeddings to be had, is read in a moment: it is read at every key.
func TestManyNamesAreReadInAMoment(t *testing.T) {
	var names []string
	for i := range 1000 {
		names = append(names, fmt.Sprintf("name%c%c-%d", 'a'+i%26, 'a'+i/26%26, i))
	}
	l := lexicon(names...)
	for _, unit := range []string{"embedding:nameaa-0, ", "embedding:", "<x> ", "embedding:no ", "nameaa-0 ", "[a|embedding:b]"} {
		best := time.Hour
		for range 5 { // the machine may be busy
			began := time.Now()
			l.Uses(Parse(strings.Repeat(unit, 300), Options{Steps: 20}))
			best = min(best, time.Since(began))
		}
		if best > 250*time.Millisecond {
			t.Errorf("%q, 300 times: %v", unit, best)
		}
	}
}

func FuzzLexicon(f *testing.F) {
	for _, s := range []string{"fog", "embedding:", "embedding:fog.", "<fog><", "<a>embedding:x/", "İembedding:fog", "\xffembedding:\xfe", "[embedding:a:0.5]", "(embedding:İ:1)"} {
		f.Add(s)
	}
	l := lexicon("fog", "bad fog", "İ", "x.pt")
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, tok := range l.Encode(s) {
			if tok.Start < last || tok.End < tok.Start || tok.End > len(s) {
				t.Fatalf("a token at [%d, %d) of %d bytes", tok.Start, tok.End, len(s))
			}
			last = tok.Start
		}
		for _, u := range l.Uses(Parse(s, Options{Steps: 5})) {
			if u.Start < 0 || u.End > len(s) || u.Start >= u.End || u.Name == "" {
				t.Fatalf("a use %+v in %d bytes", u, len(s))
			}
		}
	})
}
