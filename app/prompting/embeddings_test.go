package prompting

import (
	"slices"
	"strings"
	"testing"

	"pentimento/pipeline"
	"pentimento/pipeline/prompt"
)

// lettered encodes each run of letters as a token, and each other sign.
func lettered(text string) []prompt.Token {
	var out []prompt.Token
	for at := 0; at < len(text); {
		n := strings.IndexFunc(text[at:], notLetter)
		if n < 0 {
			n = len(text) - at
		}
		n = max(n, 1)
		if word := strings.ToLower(text[at : at+n]); strings.TrimSpace(word) != "" {
			id := 0
			for _, b := range []byte(word) {
				id = (id*31 + int(b)) % 40000
			}
			out = append(out, prompt.Token{ID: id, Start: at, End: at + n})
		}
		at += n
	}
	return out
}

func withEmbeddings() *Vocabulary {
	v := &Vocabulary{Encode: lettered, Spec: prompt.Spec{Length: 75, Start: 49406, End: 49407, Pad: 49407, Comma: -1}}
	v.Embeddings = NewEmbeddings([]pipeline.EmbeddingInfo{{Name: "misty-fog", Vectors: 8}, {Name: "boat", Vectors: 2}, {Name: "old-fog", Vectors: 4, Misfit: "its vectors are 1024 wide"}}, lettered)
	return v
}

// An embedding counts as its vectors, has a colour of its own, and what is wrong with one is said.
func TestEmbeddingsOfAPromptAreShown(t *testing.T) {
	for _, c := range []struct {
		text    string
		tokens  int
		marked  []string
		remarks []string // the beginnings; with a ! those that are sharp
	}{
		{"a red MISTY-fog", 10, []string{"MISTY-fog"}, nil},
		{"a (embedding:misty-fog:1.2), sea", 11, []string{"embedding:misty-fog"}, nil},
		{"<misty-fog>", 8, []string{"<misty-fog>"}, nil},
		{"a boat", 3, []string{"boat"}, []string{`"boat" is read as the embedding`}},
		{"embedding:boat", 2, []string{"embedding:boat"}, nil},
		{"embedding:misty-fogg sea", 1, nil, []string{`!no embedding is called "misty-fogg"; did you mean "misty-fog"?`}},
		{"<other> sea", 4, nil, []string{`no embedding is called "other"`}},
		{"old-fog", 3, nil, []string{`!"old-fog" isn't used: its vectors are 1024 wide`}},
		{"foggy", 1, nil, nil},
	} {
		r := Read(c.text, Context{Whole: c.text, Vocabulary: withEmbeddings()})
		var marked, remarks []string
		at := 0
		for _, p := range r.Pieces {
			if p.Start != at || p.End <= p.Start {
				t.Errorf("%q: pieces %v leave a gap", c.text, r.Pieces)
			}
			if at = p.End; p.Kind == PieceEmbedding {
				marked = append(marked, c.text[p.Start:p.End])
			}
		}
		for _, m := range r.Remarks {
			text := m.Text
			if !m.Mild {
				text = "!" + text
			}
			remarks = append(remarks, text)
		}
		same := len(remarks) == len(c.remarks)
		for i := range min(len(remarks), len(c.remarks)) {
			same = same && strings.HasPrefix(remarks[i], c.remarks[i])
		}
		if !slices.Equal(marked, c.marked) || !same || len(r.Chunks) != 1 || r.Chunks[0] != c.tokens {
			t.Errorf("%q: %v tokens, marked %q, remarks %q; want %d, %q, %q", c.text, r.Chunks, marked, remarks, c.tokens, c.marked, c.remarks)
		}
	}
	long := strings.Repeat("x ", 70) + "misty-fog"
	if r := Read(long, Context{Whole: long, Vocabulary: withEmbeddings()}); !slices.Equal(r.Chunks, []int{70, 8}) {
		t.Errorf("at the border the windows hold %v, want 70 and 8", r.Chunks)
	}
}

func TestNamesOfEmbeddingsAreCompleted(t *testing.T) {
	names := []string{"EasyNegative", "easy-v2", "bad.hand", "Fog"}
	for _, c := range []struct {
		text string
		from int
		want []string
	}{
		{"a ea", 2, []string{"easy-v2", "EasyNegative"}},
		{"a e", 3, nil},
		{"(EASYN", 1, []string{"EasyNegative"}},
		{"bad.", 0, []string{"bad.hand"}},
		{"embedding:", 10, []string{"Fog", "easy-v2", "bad.hand", "EasyNegative"}},
		{"embedding:f", 10, []string{"Fog"}},
		{"a <f", 3, []string{"Fog>"}},
		{"a <", 3, nil},
		{"Fog", 3, nil},
		{"", 0, nil},
	} {
		from, got := CompleteName(c.text, len(c.text), names)
		if !slices.Equal(got, c.want) || len(c.want) > 0 && from != c.from {
			t.Errorf("%q: %q from %d, want %q from %d", c.text, got, from, c.want, c.from)
		}
	}
}
