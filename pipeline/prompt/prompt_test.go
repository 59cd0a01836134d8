package prompt

import (
	"encoding/json"
	"fmt"
	"math"
	"os"
	"reflect"
	"slices"
	"strings"
	"testing"
	"time"
)

type reference struct {
	Text   string
	A      [][]any `json:"form_a"`
	B      [][]any `json:"form_b"`
	Chunks []struct {
		IDs     []int
		Weights []float64
	}
}

func references(t *testing.T) []reference {
	t.Helper()
	raw, err := os.ReadFile("testdata/prompts.json")
	if err != nil {
		t.Fatal(err)
	}
	var f struct{ Prompts []reference }
	if err := json.Unmarshal(raw, &f); err != nil {
		t.Fatal(err)
	}
	return f.Prompts
}

// weighted is one expected segment.
type weighted struct {
	Text   string
	Weight float64
}

func check(t *testing.T, source string, got []Segment, want []weighted) {
	t.Helper()
	same := len(got) == len(want)
	for i := 0; same && i < len(want); i++ {
		same = got[i].Text == want[i].Text && math.Abs(got[i].Weight-want[i].Weight) <= 1e-6*math.Abs(want[i].Weight)
	}
	if !same {
		var short []weighted
		for _, s := range got {
			short = append(short, weighted{s.Text, s.Weight})
		}
		t.Errorf("%q gives %v, want %v", source, short, want)
	}
	inPlace(t, source, got)
}

// inPlace holds every byte of the segments to the source byte it claims to be.
func inPlace(t *testing.T, source string, got []Segment) {
	t.Helper()
	for _, s := range got {
		if len(s.At) != len(s.Text) {
			t.Fatalf("%q: segment %q has %d places", source, s.Text, len(s.At))
		}
		for i, at := range s.At {
			if at < 0 || at >= len(source) || source[at] != s.Text[i] || i > 0 && at <= s.At[i-1] {
				t.Fatalf("%q: byte %d of %q is said to be from %d", source, i, s.Text, at)
			}
		}
	}
}

func TestAttentionAgreesWithBothDialects(t *testing.T) {
	read := func(raw [][]any) (out []weighted) {
		for _, p := range raw {
			out = append(out, weighted{p[0].(string), p[1].(float64)})
		}
		return out
	}
	for _, r := range references(t) {
		check(t, r.Text, segments(mapped(r.Text), DialectA1111), read(r.A))
		check(t, r.Text, segments(mapped(r.Text), DialectComfy), read(r.B))
	}
}

// The first twelve cases of the grammar's description.
func TestAttentionCases(t *testing.T) {
	for source, want := range map[string][]weighted{
		`a (red) barn`:            {{"a ", 1}, {"red", 1.1}, {" barn", 1}},
		`((red)) barn`:            {{"red", 1.21}, {" barn", 1}},
		`[red] barn`:              {{"red", 1 / 1.1}, {" barn", 1}},
		`a (red barn:1.3), sky`:   {{"a ", 1}, {"red barn", 1.3}, {", sky", 1}},
		`(a (b:1.5) c:0.5)`:       {{"a ", .5}, {"b", .75}, {" c", .5}},
		`(red:1.3`:                {{"red:1.3", 1.1}},
		`red:1.3) barn`:           {{"red:1.3) barn", 1}},
		`smile \(emoji\)`:         {{"smile (emoji)", 1}},
		`a\b`:                     {{"ab", 1}},
		`[x:1.3]`:                 {{"x:1.3", 1 / 1.1}},
		`a BREAK b`:               {{"a", 1}, {"BREAK", -1}, {"b", 1}},
		`(a BREAK b:1.2) c`:       {{"a", 1.2}, {"BREAK", -1.2}, {"b", 1.2}, {" c", 1}},
		``:                        {{"", 1}},
		`()`:                      {{"", 1}},
		`(a:-1) b`:                {{"a", -1}, {" b", 1}},
		`(a:1.2.3)`:               {{"a:1.2.3", 1.1}},
		`(a [b) c]`:               {{"a ", 1.1}, {"b", 1}, {" c", 1 / 1.1}},
		`a)) b]`:                  {{"a)) b]", 1}},
		`_BREAK BREAK_ xBREAK`:    {{"_BREAK BREAK_ xBREAK", 1}},
		"a\n BREAK\tBREAK b":      {{"a", 1}, {"BREAK", -1}, {"", 1}, {"BREAK", -1}, {"b", 1}},
		`(日本:1.5)\`:               {{"日本", 1.5}},
		`ключ, (кот:1.2) и [пёс]`: {{"ключ, ", 1}, {"кот", 1.2}, {" и ", 1}, {"пёс", 1 / 1.1}},
	} {
		check(t, source, attention(mapped(source)), want)
	}
}

func TestComposedPrompts(t *testing.T) {
	for source, want := range map[string][]weighted{
		`cat :1.2 AND dog AND owl:2.`: {{"cat", 1.2}, {" dog", 1}, {" owl", 2}},
		`ANDROID and BRAND ANDy`:      {{"ANDROID and BRAND ANDy", 1}},
		`ratio 16:9`:                  {{"ratio 16", 9}},
		`a:-.5 AND`:                   {{"a", -0.5}, {"", 1}},
		"a\nb : +3 \n":                {{"a\nb", 3}},
		`(a:1.2)`:                     {{"(a:1.2)", 1}},
	} {
		p := Parse(source, Options{Steps: 10})
		var got []weighted
		for _, part := range p.Parts {
			got = append(got, weighted{part.Stages[0].Text, part.Weight})
		}
		if !reflect.DeepEqual(got, want) {
			t.Errorf("%q gives %v, want %v", source, got, want)
		}
	}
	n := Parse("low AND ratio 16:9", Options{Steps: 10, Negative: true})
	if len(n.Parts) != 1 || n.Parts[0].Weight != 1 || n.Parts[0].Stages[0].Text != "low AND ratio 16:9" {
		t.Errorf("a negative prompt was taken apart: %+v", n.Parts)
	}
}

func TestNetworksAreTakenOut(t *testing.T) {
	p := Parse(`x <lora:fog:0.7:0.5> y <lyco:kiln:1:unet=0.6:dyn=8>`, Options{Steps: 10})
	if got := p.Parts[0].Stages[0].Text; got != "x  y" { // the white space at the very end goes with AND
		t.Errorf("text %q", got)
	}
	want := []struct {
		kind, name string
		te, unet   float64
		rank       int
		source     string
	}{{"lora", "fog", .7, .5, 0, "<lora:fog:0.7:0.5>"}, {"lyco", "kiln", 1, .6, 8, "<lyco:kiln:1:unet=0.6:dyn=8>"}}
	for i, w := range want {
		n := p.Networks[i]
		te, unet, rank := n.Multipliers()
		if n.Kind != w.kind || n.Name != w.name || te != w.te || unet != w.unet || rank != w.rank || p.Source[n.Span.Start:n.Span.End] != w.source {
			t.Errorf("network %d is %+v with %v, %v, %v, want %+v", i, n, te, unet, rank, w)
		}
	}
	for source, want := range map[string][2]float64{"<lora:a>": {1, 1}, "<lora:a:0.5>": {.5, .5}, "<lora:a:x>": {1, 1}, "<lora:a:te=.2>": {.2, .2}, "<lora:a:.1:.2:te=.3>": {.3, .2}} {
		te, unet, _ := Parse(source, Options{}).Networks[0].Multipliers()
		if te != want[0] || unet != want[1] {
			t.Errorf("%s has %v and %v, want %v", source, te, unet, want)
		}
	}
	if p := Parse("a <b> <c:> <:d:e>", Options{}); len(p.Networks) != 0 {
		t.Errorf("found networks %+v", p.Networks)
	}
}

func TestCommentsAreTakenOut(t *testing.T) {
	source := "# title\ncat # (a pet\n#whole\ndog#end"
	p := Parse(source, Options{Steps: 1})
	if got := strings.Fields(p.Parts[0].Stages[0].Text); !slices.Equal(got, []string{"cat", "dog"}) || len(p.Problems) != 0 {
		t.Errorf("got %q with problems %v", got, p.Problems)
	}
	if got := Parse(source, Options{KeepComments: true}).Parts[0].Stages[0].Text; !strings.Contains(got, "# title") {
		t.Errorf("comments that were to stay are gone: %q", got)
	}
}

func TestProblemsPointAtTheirPlace(t *testing.T) {
	for source, want := range map[string][]string{
		`a (b [c`:            {"(", "["},
		`a) b]`:              {")", "]"},
		`fine (x:1.2) [y]`:   nil,
		`\( ok \]`:           nil,
		`(a:1.2.3)`:          {":1.2.3"},
		`a:1.3) b`:           {":1.3", ")"},
		`a | b`:              {"|"},
		`[a|b]`:              nil,
		`ratio 16:9`:         {"9"},
		`<lora:x`:            {"<"},
		`a \`:                {`\`},
		`# (unclosed` + "\n": nil,
		`<lora:a:1> é (x`:    {"("},
	} {
		p := Parse(source, Options{Steps: 10})
		var got []string
		for _, problem := range p.Problems {
			got = append(got, source[problem.Span.Start:problem.Span.End])
			if problem.Message == "" {
				t.Errorf("%q: a problem without words", source)
			}
		}
		if !slices.Equal(got, want) {
			t.Errorf("%q has problems at %q, want %q", source, got, want)
		}
	}
}

func TestMarksColourTheSource(t *testing.T) {
	source := "cat (big:1.5) # note\n<lora:x:1> BREAK [a:b:3] AND dog"
	var got []string
	for _, m := range Parse(source, Options{Steps: 10}).Marks() {
		got = append(got, fmt.Sprintf("%d %g %s", m.Kind, m.Weight, source[m.Start:m.End]))
	}
	want := []string{"0 1 cat ", "0 1.5 big", "3 0 # note", "4 0 <lora:x:1>", "1 0 BREAK", "0 1 a", "0 1 b", "2 0 AND", "0 1  dog"}
	if !slices.Equal(slices.DeleteFunc(got, func(s string) bool { return strings.TrimSpace(s[3:]) == "" }), want) {
		t.Errorf("got %q, want %q", got, want)
	}
}

func TestEmphasisKeepsTheMean(t *testing.T) {
	z := []float32{1, 2, 3, 4, 5, 6}
	for e, want := range map[Emphasis][]float32{
		Original:  {21. / 28, 42. / 28, 126. / 28, 168. / 28, 105. / 28, 126. / 28},
		NoNorm:    {1, 2, 6, 8, 5, 6},
		Ignore:    {1, 2, 3, 4, 5, 6},
		FromEmpty: {1, 2, 5, 7, 5, 6},
	} {
		got := slices.Clone(z)
		if err := e.Apply(got, []float64{1, 2, 1}, []float32{1, 1, 1, 1, 1, 1}); err != nil {
			t.Fatal(err)
		}
		for i := range want {
			if math.Abs(float64(got[i]-want[i])) > 1e-6 {
				t.Errorf("%v: %v, want %v", e, got, want)
				break
			}
		}
	}
	if err := Original.Apply(z, []float64{1, 2, 3, 4}, nil); err == nil {
		t.Error("weights that do not fit were taken")
	}
	if err := FromEmpty.Apply(z, []float64{1, 2, 3}, nil); err == nil {
		t.Error("an empty text was missing and nobody said so")
	}
	for _, name := range []string{"Original", "No norm", "Ignore", "None", ""} {
		if _, err := ParseEmphasis(name); err != nil {
			t.Error(err)
		}
	}
	if _, err := ParseEmphasis("loud"); err == nil {
		t.Error("an unknown emphasis was taken")
	}
}

// TestLongInputsTakeLinearTime compares 32 short texts with one 32 times as long: quadratic
// time would be 32 times as much. The least of a few tries counts, as the machine may be busy.
func TestLongInputsTakeLinearTime(t *testing.T) {
	for _, unit := range []string{"[", "(", "[a:", "(a:", "[a|", "[(", "(a) ", "[a:b:3] ", `\`, "<lora:", "a AND ", "#x\n", "[ (x)"} {
		took := func(times, n int) time.Duration {
			text, began := strings.Repeat(unit, n), time.Now()
			for range times {
				Parse(text, Options{Steps: 20})
			}
			return time.Since(began)
		}
		short, long := took(32, 125), took(1, 4000)
		for try := 0; long > 12*short; try++ {
			if try == 5 {
				t.Errorf("%q: 32 × 125 take %v, 4000 take %v", unit, short, long)
				break
			}
			short, long = min(short, took(32, 125)), min(long, took(1, 4000))
		}
	}
}

func FuzzParse(f *testing.F) {
	for _, s := range []string{"", "a (b:1.2) [c|d] <lora:x:1> AND e:2 # f", `[a:[b:c:3]:.5]\`, "((((]]]]::||", "BREAK (BREAK:2) \xff\xfe", "[a|b|[c:d:1e9]]", "日本 AND 語:1."} {
		f.Add(s, uint8(10), uint8(0))
	}
	f.Fuzz(func(t *testing.T, s string, steps, base uint8) {
		for _, d := range []Dialect{DialectA1111, DialectComfy, DialectPlain} {
			p := Parse(s, Options{Steps: int(steps % 32), BaseSteps: int(base % 32), Dialect: d})
			if len(p.Parts) == 0 {
				t.Fatal("no parts")
			}
			for _, part := range p.Parts {
				if len(part.Stages) == 0 || part.Stages[len(part.Stages)-1].Until != max(int(steps%32), 1) {
					t.Fatalf("stages %+v", part.Stages)
				}
				for _, stage := range part.Stages {
					if len(stage.Segments) == 0 && d != DialectComfy {
						t.Fatal("a stage without segments")
					}
					inPlace(t, s, stage.Segments)
					Chunks(stage.Segments, letters, window)
				}
			}
			for _, problem := range p.Problems {
				if problem.Span.Start < 0 || problem.Span.End > len(s) || problem.Span.Start >= problem.Span.End {
					t.Fatalf("a problem at %v of %d bytes", problem.Span, len(s))
				}
			}
			p.Marks()
		}
	})
}
