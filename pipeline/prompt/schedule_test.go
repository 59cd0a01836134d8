package prompt

import (
	"reflect"
	"testing"
)

type until struct {
	Step int
	Text string
}

func TestScheduleCases(t *testing.T) {
	for _, c := range []struct {
		source      string
		steps, base int
		want        []until
	}{
		{`test`, 10, 0, []until{{10, "test"}}},
		{`a [b:3]`, 10, 0, []until{{3, "a "}, {10, "a b"}}},
		{`a [b: 3 ]`, 10, 0, []until{{3, "a "}, {10, "a b"}}},
		{`a [[[b]]:2]`, 10, 0, []until{{2, "a "}, {10, "a [[b]]"}}},
		{`[(a:2):3]`, 10, 0, []until{{3, ""}, {10, "(a:2)"}}},
		{`a [b : c : 1] d`, 10, 0, []until{{1, "a b  d"}, {10, "a  c  d"}}},
		{`[oak:elm:0.25]`, 20, 0, []until{{5, "oak"}, {20, "elm"}}},
		{`[x::0.5] y`, 10, 0, []until{{5, "x y"}, {10, " y"}}},
		{`a[b:[c:d:2]:1]e`, 10, 0, []until{{1, "abe"}, {2, "ace"}, {10, "ade"}}},
		{`[cow|horse]`, 4, 0, []until{{1, "cow"}, {2, "horse"}, {3, "cow"}, {4, "horse"}}},
		{`[fe|]male`, 4, 0, []until{{1, "female"}, {2, "male"}, {3, "female"}, {4, "male"}}},
		{`[fe|||]male`, 5, 0, []until{{1, "female"}, {2, "male"}, {3, "male"}, {4, "male"}, {5, "female"}}},
		{`[a|(b:1.1)]`, 2, 0, []until{{1, "a"}, {2, "(b:1.1)"}}},
		{`a [unbalanced`, 10, 0, []until{{10, "a [unbalanced"}}},
		{`[a:b:30]`, 20, 0, []until{{20, "a"}}},
		{`[x:1.3]`, 10, 0, []until{{10, ""}}},
		{`((a][:b:c [d:3]`, 10, 0, []until{{3, "((a][:b:c "}, {10, "((a][:b:c d"}}},
		{`a [b:.5] c`, 10, 0, []until{{5, "a  c"}, {10, "a b c"}}},
		{`a [b:.5] c`, 10, 10, []until{{10, "a b c"}}},
		{`a [b:1.5] c`, 10, 10, []until{{5, "a  c"}, {10, "a b c"}}},
		{`a [b:15] c`, 10, 10, []until{{5, "a  c"}, {10, "a b c"}}},
		{`[a:b:1.0]`, 10, 0, []until{{10, "a"}}},
		{`[a:b:1]`, 10, 0, []until{{1, "a"}, {10, "b"}}},
		{`[a:b:0]`, 10, 0, []until{{10, "b"}}},
		{`[a:b:-2]`, 10, 0, []until{{10, "b"}}},
		{`[a:b:1e1]`, 20, 0, []until{{10, "a"}, {20, "b"}}},
		{`[a:b:c:3]`, 10, 0, []until{{10, "[a:b:c:3]"}}},
		{`[a:b:c]`, 10, 0, []until{{10, "[a:b:c]"}}},
		{`[[a|b]:c:2]`, 3, 0, []until{{1, "a"}, {2, "b"}, {3, "c"}}},
		{`a | [b:3]`, 10, 0, []until{{10, "a | [b:3]"}}},
		{`[b:3] \`, 10, 0, []until{{10, `[b:3] \`}}},
		{`\[b:3\]`, 10, 0, []until{{10, `\[b:3\]`}}},
		{`(a [b:2]:1.2)`, 4, 0, []until{{2, "(a :1.2)"}, {4, "(a b:1.2)"}}},
	} {
		var got []until
		for _, s := range schedule(mapped(c.source), Options{Steps: c.steps, BaseSteps: c.base}) {
			got = append(got, until{s.until, s.text.s})
			for i, at := range s.text.at {
				if c.source[at] != s.text.s[i] {
					t.Fatalf("%q: byte %d of %q is said to be from %d", c.source, i, s.text.s, at)
				}
			}
		}
		if !reflect.DeepEqual(got, c.want) {
			t.Errorf("%q in %d steps gives %v, want %v", c.source, c.steps, got, c.want)
		}
	}
}

func TestStagesAreFoundByStep(t *testing.T) {
	part := Parse("[a:b:2]", Options{Steps: 5}).Parts[0]
	for step, want := range map[int]string{0: "a", 1: "a", 2: "a", 3: "b", 5: "b", 9: "b"} {
		if got := part.At(step).Text; got != want {
			t.Errorf("step %d shows %q, want %q", step, got, want)
		}
	}
}
