package wildcard

import (
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"pentimento/fault"
)

// folder writes files of lists and opens them.
func folder(t testing.TB, files map[string]string) (*Library, string) {
	t.Helper()
	dir := t.TempDir()
	for name, text := range files {
		path := filepath.Join(dir, filepath.FromSlash(name))
		if err := os.MkdirAll(filepath.Dir(path), 0o755); err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, []byte(text), 0o644); err != nil {
			t.Fatal(err)
		}
	}
	return Open(dir), dir
}

var files = map[string]string{
	"season.txt":          "\ufeff# of the year\r\nsummer\r\n\r\n{autumn|fall}  # two words\r\nwinter\r\n",
	"clothes/warm.txt":    "coat\nscarf",
	"clothes/cold/x.txt":  "shirt",
	"talk.txt":            "in ${season}, ${season} rain",
	"weighted.txt":        "1000000::often\n0::never\nseldom",
	"circle.txt":          "a __around__",
	"around.txt":          "b __Circle__",
	"empty.txt":           "# nothing\n",
	"grow.txt":            "__grow1__ __grow1__",
	"wild.yaml":           "trees:\n  high:\n    - oak\n    - 2::pine\n  low: [yew]\n  n: 5\nfew: [one]\n",
	"sub/whole.json":      `["x", "y"]`,
	"sub/structured.json": `{"k": {"l": ["z"]}}`,
	"broken.yaml":         "a: [",
	"grow1.txt":           "__grow2__ __grow2__",
}

func TestAllForms(t *testing.T) {
	l, _ := folder(t, files)
	for _, v := range []struct {
		text string
		want []string
	}{
		{"a {red|blue} {x|y}", []string{"a red x", "a red y", "a blue x", "a blue y"}},
		{"{a|b|a}", []string{"a", "b"}},
		{"{very |}red", []string{"very red", "red"}},
		{"{2$$a|b|c}", []string{"a, b", "a, c", "b, a", "b, c", "c, a", "c, b"}},
		{"{-2$$ and $$a|b}", []string{"a", "b", "a and b", "b and a"}},
		{"{2-$$ $$a|b}", []string{"a b", "b a"}},
		{"{0-1$$x}", []string{"", "x"}},
		{"{5$$a|b}", []string{"a, b", "b, a"}},
		{"{0.5::a|0::b|2::c}", []string{"a", "c"}},
		{"__season__ coat", []string{"summer coat", "autumn coat", "fall coat", "winter coat"}},
		{"__SEASON__", []string{"summer", "autumn", "fall", "winter"}},
		{"{2$$__clothes/warm__}", []string{"coat, scarf", "scarf, coat"}},
		{"__clothes/*__", []string{"shirt", "coat", "scarf"}},
		{`__clothes\warm__`, []string{"coat", "scarf"}},
		{"__trees/*__", []string{"oak", "pine", "yew"}},
		{"__few__, __sub/whole__, __sub/k/l__", []string{"one, x, z", "one, y, z"}},
		{"${c={x|y}}${c}${c}", []string{"xx", "xy", "yx", "yy"}},
		{"${c=!{x|y}} ${c}${c}", []string{"xx", "yy"}},
		{"${none:{p|q}}", []string{"p", "q"}},
		{"__talk(season=May)__", []string{"in May, May rain"}},
		{"${season=!{May|June}} __talk__", []string{"in May, May rain", "in June, June rain"}},
		{"{\n  a\n  # | b\n  |c\n}", []string{"a", "c"}},
		{"{[a|b]|c}", []string{"[a|b]", "c"}},
		{"({red|blue}:1.2) [x:{y|z}:0.5]", []string{"(red:1.2) [x:y:0.5]", "(red:1.2) [x:z:0.5]", "(blue:1.2) [x:y:0.5]", "(blue:1.2) [x:z:0.5]"}},
		{"<lora:fog:{0.5|1}> AND {a|b} BREAK", []string{"<lora:fog:0.5> AND a BREAK", "<lora:fog:0.5> AND b BREAK", "<lora:fog:1> AND a BREAK", "<lora:fog:1> AND b BREAK"}},
		{"{{a|b}|c}", []string{"a", "b", "c"}},
		{"{__few__}", []string{"one"}},
		{"{@a|b}", []string{"a", "b"}},
		{`{a\|b|c}`, []string{`a\|b`, "c"}},
		{"{a|b", []string{"{a|b"}},
		{"a|b}", []string{"a|b}"}},
	} {
		got, more, err := All(v.text, l, 100, nil)
		if err != nil || more || !slices.Equal(got, v.want) {
			t.Errorf("%q: %q, more %v, %v; want %q", v.text, got, more, err, v.want)
		}
	}
}

// TestTextIsLeftAlone: what means something to the prompt language or to nobody.
func TestTextIsLeftAlone(t *testing.T) {
	for _, text := range []string{
		"", "a barn", "(a:1.2) [b|c] [d:e:0.5]", "a {prompt} b", "{{masterpiece}}, girl", "<lora:my__old__style:1>", "snake__case__word",
		`\{a|b\}`, `\__season__`, "a __ b __ c", "____", "cost $5 {x}", "$ {a}", "# {a|b}\nbarn # note", "${}", "__!__",
	} {
		got, err := Expand(text, Open(), 1, 0)
		if Has(text) || err != nil || got != text {
			t.Errorf("%q: Has says %v, it became %q, %v", text, Has(text), got, err)
		}
	}
}

// TestAFormIsOneOfAllAndNoTemplate whatever the seed, and every one of them comes up.
func TestAFormIsOneOfAllAndNoTemplate(t *testing.T) {
	l, _ := folder(t, files)
	for _, text := range []string{"a {red|2::blue|x {y|z}} __season__", "{1-3$$ + $$a|b|c}", "{2$$__clothes*__}", "${x=!{a|b}} ${x} ${x} ${y={c|d}}${y}${y}", `{\{a\|b\}|c} (w:{1|2})`} {
		all, more, err := All(text, l, 1000, nil)
		if err != nil || more {
			t.Fatal(err, more)
		}
		seen := map[string]bool{}
		for seed := range int64(2000) {
			got, err := Expand(text, l, seed, 0)
			again, _ := Expand(text, l, seed, 0)
			if err != nil || !slices.Contains(all, got) || got != again || Has(got) {
				t.Fatalf("%q, seed %d: %q, then %q, %v; want one of %q", text, seed, got, again, err, all)
			}
			seen[got] = true
		}
		if len(seen) != len(all) {
			t.Errorf("%q: %d of %d forms came up", text, len(seen), len(all))
		}
	}
}

// TestSeedsKeepTheirMeaning: recipes name a seed for years.
func TestSeedsKeepTheirMeaning(t *testing.T) {
	var got []string
	for seed := range int64(6) {
		for stream := range uint64(2) {
			s, err := Expand("{a|b|c}{1-2$$-$$d|e|f}{3::g|h}", Open(), seed, stream)
			if err != nil {
				t.Fatal(err)
			}
			got = append(got, s)
		}
	}
	want := "ce-dg bfg adg bf-eg cdg ad-eg cfg cd-fg beh bf-eg aeg aeg"
	if s := strings.Join(got, " "); s != want {
		t.Errorf("%s\nwant %s", s, want)
	}
}

func TestWeightsAreFollowed(t *testing.T) {
	l, _ := folder(t, files)
	n := map[string]int{}
	for seed := range int64(4000) {
		s, err := Expand("{3::a|b}", l, seed, 0)
		if err != nil {
			t.Fatal(err)
		}
		n[s]++
		if s, err := Expand("__weighted__", l, seed, 0); s == "never" || err != nil {
			t.Fatalf("seed %d: %q, %v", seed, s, err)
		}
	}
	if n["a"] < 2850 || n["a"] > 3150 {
		t.Errorf("of 4000 draws a came %d times, want about 3000", n["a"])
	}
}

func TestWhatCannotBeExpandedIsNamed(t *testing.T) {
	l, dir := folder(t, files)
	for text, want := range map[string]string{
		"__nowhere__":     `wildcard "nowhere": found no list of that name; searched ` + dir,
		"{a|__nowhere__}": "nowhere",
		"__circle__":      "circle → around → Circle",
		"__empty__":       `wildcard "empty": its list has no line`,
		"${x}":            "${x}: found no value",
		"${a=${a}}${a}":   "${a} → ${a}",
	} {
		var err error
		for seed := int64(0); seed < 20 && err == nil; seed++ {
			_, err = Expand(text, l, seed, 0)
		}
		_, _, errAll := All(text, l, 100, nil)
		if err == nil || errAll == nil || !strings.Contains(strings.ToLower(err.Error()), strings.ToLower(want)) {
			t.Errorf("%q: %v; listed: %v; want %q", text, err, errAll, want)
		}
	}
	_, err := Expand("__nowhere__", l, 1, 0)
	if !strings.Contains(fault.Plain(err), "broken.yaml") || !strings.Contains(fault.Hint(err), "nowhere.txt") || !strings.Contains(fault.Hint(err), "colour") {
		t.Errorf("%v; hint %s: want the file that could not be read, a way out, and the program's own lists", err, fault.Hint(err))
	}
}

// TestNothingGrowsWithoutEnd: neither long nor long-lasting.
func TestNothingGrowsWithoutEnd(t *testing.T) {
	deep := map[string]string{"d30.txt": "{|}"}
	for i := range 30 {
		deep[fmt.Sprintf("d%d.txt", i)] = strings.Repeat(fmt.Sprintf("__d%d__", i+1), 4)
	}
	l, _ := folder(t, deep)
	if s, err := Expand("__d0__", l, 1, 0); err == nil {
		t.Errorf("became %d bytes", len(s))
	}
	got, more, err := All(strings.Repeat("{a|b|c|d|e|f|g|h}", 40), l, 500, nil)
	if len(got) != 500 || !more || err != nil {
		t.Errorf("%d forms, more %v, %v; want 500 of many", len(got), more, err)
	}
	asked := 0
	_, more, _ = All(strings.Repeat("{|}", 60)+"x", l, 500, func() bool { asked++; return asked < 3 })
	if !more || asked != 3 {
		t.Errorf("asked %d times whether to go on, more %v", asked, more)
	}
	text := strings.Repeat("{", 5000) + "a|b" + strings.Repeat("}", 5000)
	if _, err := Expand(text, l, 1, 0); err != nil {
		t.Errorf("deep braces: %v", err)
	}
}

// TestEarlierFoldersComeFirst, and the person's before the program's own.
func TestEarlierFoldersComeFirst(t *testing.T) {
	_, a := folder(t, map[string]string{"one.txt": "a", "colour.txt": "mine"})
	_, b := folder(t, map[string]string{"one.txt": "b", "two.txt": "c"})
	l := Open(a, filepath.Join(a, "none"), b)
	if s, err := Expand("__one__ __two__ __colour__", l, 1, 0); s != "a c mine" || err != nil {
		t.Errorf("%q, %v", s, err)
	}
}

func TestFoldersOfOtherProgramsAreFound(t *testing.T) {
	root := t.TempDir()
	var want []string
	for _, dir := range []string{"a1111/extensions/sd-dynamic-prompts/wildcards", "a1111/models/wildcards", "a1111/models/Stable-diffusion/[x]/wildcards"} {
		want = append(want, filepath.Join(root, filepath.FromSlash(dir)))
		if err := os.MkdirAll(want[len(want)-1], 0o755); err != nil {
			t.Fatal(err)
		}
	}
	got := Folders(filepath.Join(root, "a1111", "models", "Stable-diffusion", "[x]", "m.safetensors"))
	slices.Sort(got)
	slices.Sort(want)
	if !slices.Equal(got, want) {
		t.Errorf("%q\nwant %q", got, want)
	}
}

func TestSpansAndMarksAreWhatIsSpecial(t *testing.T) {
	text := "a {2$$b|3::__c__} # {d|e}\n__f__ {g} ${h=!1{x}} {i}"
	var spans, marks []string
	for _, s := range Spans(text) {
		spans = append(spans, text[s.Start:s.End])
	}
	for _, m := range Marks(text) {
		marks = append(marks, text[m.Start:m.End]+m.Name)
	}
	if want := []string{"{2$$b|3::__c__}", "__f__", "${h=!1{x}} "}; !slices.Equal(spans, want) {
		t.Errorf("%q, want %q", spans, want)
	}
	if want := []string{"{2$$", "|3::", "__c__c", "}", "__f__f", "${h=!", "}"}; !slices.Equal(marks, want) {
		t.Errorf("%q, want %q", marks, want)
	}
}

func TestLongestIsTheLongestForm(t *testing.T) {
	for text, want := range map[string]string{"a {red|green} x": "a green x", "{1-2$$ and $$a|bb|c}": "bb and a", "__clothes/warm__": "clothes warm", "${x=a}${y:or}": "or", "(plain:1.1)": "(plain:1.1)"} {
		if got := Longest(text); got != want {
			t.Errorf("%q: %q, want %q", text, got, want)
		}
	}
}

func FuzzExpand(f *testing.F) {
	l, _ := folder(f, files)
	for _, text := range []string{"a {red|2::b} __season__", "{1-2$$ and $$a|b}", "${x=!{a|b}}${x:y}", "{[a|b]|c}", `\{a|b\}`, "__talk(season=a)__", "__*__", "{{a}|}", "# {a|b", "{$$a}", "__circle__"} {
		f.Add(text, int64(1))
	}
	f.Fuzz(func(t *testing.T, text string, seed int64) {
		if len(text) > 4096 {
			return
		}
		for _, s := range Spans(text) {
			if s.Start < 0 || s.End > len(text) || s.Start >= s.End {
				t.Fatalf("%q: a span %v", text, s)
			}
		}
		end := 0
		for _, m := range Marks(text) {
			if m.Start < end || m.End <= m.Start || m.End > len(text) {
				t.Fatalf("%q: a mark %v behind %d", text, m, end)
			}
			end = m.End
		}
		Longest(text)
		got, err := Expand(text, l, seed, 0)
		again, _ := Expand(text, l, seed, 0)
		if err == nil && (got != again || !Has(text) && got != text) {
			t.Fatalf("%q: %q, then %q", text, got, again)
		}
		left := 50
		all, more, errAll := All(text, l, 200, func() bool { left--; return left > 0 })
		if err == nil && errAll == nil && !more && !strings.Contains(text, "::") && Has(text) && !slices.Contains(all, got) {
			t.Fatalf("%q: %q is none of %q", text, got, all)
		}
	})
}

// TestReadingTakesAsLongAsTheTextIs: braces without a choice in them are text, however deep they are,
// and lines of underscores name no list; each was read anew from each of its places.
func TestReadingTakesAsLongAsTheTextIs(t *testing.T) {
	for _, text := range []string{
		strings.Repeat("{", 60) + "a" + strings.Repeat("}", 60),
		strings.Repeat("{", 100_000) + "a|b" + strings.Repeat("}", 100_000),
		strings.Repeat("_", 300_000),
		strings.Repeat("__-", 100_000),
	} {
		if Has(text) || len(Marks(text)) > 0 || len(Spans(text)) > 0 {
			t.Errorf("%.20q… is more than text", text)
		}
	}
	if got, err := Expand("{x} {y {a|a}}", nil, 1, 0); err != nil || got != "{x} y a" {
		t.Errorf("found %q (%v)", got, err)
	}
}

// TestAllHoldsAFormInBounds: what is written of a form is held at each of its pieces.
func TestAllHoldsAFormInBounds(t *testing.T) {
	if _, _, err := All(strings.Repeat("{a|b}", 3*maxPieces), nil, 10, nil); err == nil || !strings.Contains(err.Error(), "grows") {
		t.Errorf("found %v, want that it grows too long", err)
	}
}

// TestListsOfOtherEncodingsKeepTheirWords: those of Windows' editors, and older ones.
func TestListsOfOtherEncodingsKeepTheirWords(t *testing.T) {
	l, _ := folder(t, map[string]string{
		"little.txt": "\xff\xfer\x00\xe9\x00\n\x00b\x00",
		"big.txt":    "\xfe\xff\x00r\x00\xe9",
		"old.txt":    "caf\xe9\nna\u00efve\n\x93so\x94",
		"old.yaml":   "k: [caf\xe9]",
		"cut.txt":    "\xff\xfer",
	})
	for name, want := range map[string]string{"little": "ré b", "big": "ré", "old": "café naïve “so”", "k": "café", "cut": "\ufffd"} {
		got, _, err := All("__"+name+"__", l, 9, nil)
		if err != nil || strings.Join(got, " ") != want {
			t.Errorf("%s: found %q (%v), want %q", name, got, err, want)
		}
	}
}
