package tokenizer

import (
	"encoding/json"
	"os"
	"slices"
	"strings"
	"testing"
)

func small(t testing.TB) *Tokenizer {
	t.Helper()
	f, err := os.Open("testdata/small.txt")
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

// full is Stable Diffusion's vocabulary, which `make vocab` fetches.
func full(t testing.TB) *Tokenizer {
	t.Helper()
	f, err := os.Open("../../assets/vocab/merges.txt")
	if err != nil {
		t.Fatalf("the vocabulary is not here; `make vocab` fetches it: %v", err)
	}
	defer f.Close()
	tok, err := New(f)
	if err != nil {
		t.Fatal(err)
	}
	return tok
}

func ids(tokens []Token) []int {
	out := []int{}
	for _, t := range tokens {
		out = append(out, t.ID)
	}
	return out
}

func TestASmallVocabularyWorks(t *testing.T) {
	tok := small(t)
	if tok.Len() != 529 || tok.Start() != 527 || tok.End() != 528 || tok.Comma() != 256+','-'!' {
		t.Errorf("%d ids, start %d, end %d, comma %d", tok.Len(), tok.Start(), tok.End(), tok.Comma())
	}
	for text, want := range map[string][]int{
		"":                          {},
		"the CAT":                   {513, 515},
		"  the\n\tcat and\u00a0sat": {513, 515, 517, 519},
		"hello":                     {525},
		"help":                      {522, 'l' - '!', 256 + 'p' - '!'},
		"((":                        {520},
		"é":                         {526},
		"12":                        {256 + '1' - '!', 256 + '2' - '!'},
		"the&amp;the":               {513, 256 + '&' - '!', 513},
		"&amp;amp;":                 {256 + '&' - '!'},
		"<|startoftext|>cat":        {527, 515},
		"\x00":                      {256 + 188}, // the first byte without a visible name
	} {
		if got := ids(tok.Encode(text)); !slices.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", text, got, want)
		}
	}
}

func TestTheReferenceVocabularyAgrees(t *testing.T) {
	tok := full(t)
	raw, err := os.ReadFile("testdata/tokenizer.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct {
		Prompts []struct {
			Text    string
			IDs     []int
			Without []int `json:"ids_without_unicode_repair"`
		}
	}
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	for _, p := range f.Prompts {
		got := ids(tok.Encode(p.Text))
		if want := p.IDs; !slices.Equal(got, want) && (p.Without == nil || !slices.Equal(got, p.Without)) {
			t.Errorf("%q gives %v, want %v or %v", p.Text, got, want, p.Without)
		}
	}
	if tok.Len() != 49408 || tok.Start() != 49406 || tok.End() != 49407 || tok.Comma() != 267 {
		t.Errorf("%d ids, start %d, end %d, comma %d", tok.Len(), tok.Start(), tok.End(), tok.Comma())
	}
}

func TestTokensKnowTheirPlace(t *testing.T) {
	tok := small(t)
	for text, want := range map[string][]string{
		"The  CAT,hello":  {"The", "CAT", ",", "hello"},
		"the&amp;cat":     {"the", "&amp;", "cat"},
		"a &ampx é":       {"a", "&amp", "x", "é"},
		"the &amp;lt; 12": {"the", "&amp;lt;", "1", "2"},
		"cat's":           {"cat", "'", "s"},
		"İ the":           {"İ", "İ", "İ", "the"},
	} {
		var got []string
		for _, tk := range tok.Encode(text) {
			got = append(got, text[tk.Start:tk.End])
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q is cut into %q, want %q", text, got, want)
		}
	}
}

func TestLowerCaseIsPythons(t *testing.T) {
	for text, want := range map[string]string{
		"ΟΔΟΣ ΟΔΟΣ": "οδος οδος", "Σ": "σ", "ΑΣ'Α Α.Σ.": "ασ'α α.ς.", "İI": "i̇i", "ǅ ẞ": "ǆ ß",
	} {
		if got := runes(clean(text)); got != want {
			t.Errorf("%q becomes %q, want %q", text, got, want)
		}
	}
}

func TestADiffusersPairKeepsItsOwnIDs(t *testing.T) {
	merges, err := os.ReadFile("testdata/small.txt")
	if err != nil {
		t.Fatal(err)
	}
	vocab := map[string]int{startText: 7, endText: 3}
	for i, name := range small(t).names {
		vocab[name] = 1000 + i
	}
	raw, err := json.Marshal(vocab)
	if err != nil {
		t.Fatal(err)
	}
	tok, err := FromVocabulary(strings.NewReader(string(raw)), strings.NewReader(string(merges)))
	if err != nil {
		t.Fatal(err)
	}
	if got := ids(tok.Encode("the cat <|endoftext|>")); !slices.Equal(got, []int{1513, 1515, 3}) {
		t.Errorf("got %v", got)
	}
	if tok.Start() != 7 || tok.End() != 3 || tok.Comma() != 1256+','-'!' {
		t.Errorf("start %d, end %d, comma %d", tok.Start(), tok.End(), tok.Comma())
	}
	delete(vocab, "the</w>")
	raw, _ = json.Marshal(vocab)
	if _, err := FromVocabulary(strings.NewReader(string(raw)), strings.NewReader(string(merges))); err == nil || !strings.Contains(err.Error(), "the</w>") {
		t.Errorf("a vocabulary with a hole was taken: %v", err)
	}
}

func TestBadMergesAreRefused(t *testing.T) {
	for _, bad := range []string{"zz q\n", "a\n", "a b c d\n", "a b\na b\n", "th e</w>\n", strings.Repeat("x", 1<<20)} {
		if _, err := New(strings.NewReader(bad)); err == nil {
			t.Errorf("merges %.20q were taken", bad)
		}
	}
}

// naive merges as the original does: all pairs of the best rank, again and again.
func (t *Tokenizer) naive(word []letter) []int {
	var symbols []int32
	for _, b := range []byte(runes(word)) {
		symbols = append(symbols, byteSymbols[b])
	}
	symbols[len(symbols)-1] += 256
	for {
		best := int32(-1)
		for i := range len(symbols) - 1 {
			if s, ok := t.ranks[[2]int32{symbols[i], symbols[i+1]}]; ok && (best < 0 || s < best) {
				best = s
			}
		}
		if best < 0 {
			break
		}
		var next []int32
		for i := 0; i < len(symbols); i++ {
			if i+1 < len(symbols) {
				if s, ok := t.ranks[[2]int32{symbols[i], symbols[i+1]}]; ok && s == best {
					next = append(next, s)
					i++
					continue
				}
			}
			next = append(next, symbols[i])
		}
		symbols = next
	}
	var out []int
	for _, s := range symbols {
		out = append(out, t.ids[s])
	}
	return out
}

func TestTheHeapMergesAsTheOriginalDoes(t *testing.T) {
	tok := full(t)
	for _, word := range []string{"aaaaaaaaaaaaaaaaa", "mississippimississippi", "banananananana", "llllllloooolllll", "antidisestablishmentarianism", "日本語日本語", "𝔘𝔫𝔦", strings.Repeat("abab", 60)} {
		letters := clean(word)
		if got, want := ids(tok.merge(nil, letters)), tok.naive(letters); !slices.Equal(got, want) {
			t.Errorf("%q gives %v, want %v", word, got, want)
		}
	}
}

func FuzzEncode(f *testing.F) {
	for _, s := range []string{"the cat's &amp;&lt; 12", "\xff\xfe", "<|endoftext|>&#x41;&notit;", "ΣΣ İ\u0307"} {
		f.Add(s)
	}
	tok := small(f)
	f.Fuzz(func(t *testing.T, s string) {
		last := 0
		for _, tk := range tok.Encode(s) {
			if tk.ID < 0 || tk.ID >= tok.Len() || tk.Start < last || tk.End <= tk.Start || tk.End > len(s) {
				t.Fatalf("%q: token %+v after %d", s, tk, last)
			}
			last = tk.Start
		}
	})
}

func BenchmarkEncode(b *testing.B) {
	tok := full(b)
	text := strings.Repeat("a highly detailed photograph of an ancient stone castle, ", 8)
	for b.Loop() {
		tok.Encode(text)
	}
}

func BenchmarkOneEndlessWord(b *testing.B) {
	tok := small(b)
	text := strings.Repeat("thecatsat", 10000)
	for b.Loop() {
		tok.Encode(text)
	}
}
