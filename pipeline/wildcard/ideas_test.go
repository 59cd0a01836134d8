package wildcard

import (
	"strings"
	"testing"
)

// TestSurprisesAreWholePrompts of the program's own lists, and many of them.
func TestSurprisesAreWholePrompts(t *testing.T) {
	seen := map[string]bool{}
	for seed := range int64(500) {
		s, err := Surprise(Open(), seed, false)
		if err != nil || Has(s) || strings.Contains(s, "__") || strings.ContainsAny(s, "{}|") || len(strings.Fields(s)) < 6 {
			t.Fatalf("seed %d: %q, %v", seed, s, err)
		}
		seen[s] = true
	}
	if len(seen) < 490 {
		t.Errorf("500 seeds gave %d prompts", len(seen))
	}
}

// TestOwnListsNameNoneThatIsMissing: every line can be expanded.
func TestOwnListsNameNoneThatIsMissing(t *testing.T) {
	l := Open()
	_, own := l.Names()
	if len(own) < 18 {
		t.Errorf("%d lists: %v", len(own), own)
	}
	for _, name := range own {
		all, _, err := All("__"+name+"__", l, 3000, nil)
		if err != nil || len(all) < 5 {
			t.Errorf("%s: %d forms, %v", name, len(all), err)
		}
	}
}

// TestEnrichAddsWhatIsNotSaid and leaves what is.
func TestEnrichAddsWhatIsNotSaid(t *testing.T) {
	l := Open()
	mediums, _, err := All("__medium__", l, 100, nil)
	if err != nil {
		t.Fatal(err)
	}
	medium := func(s string) bool {
		for _, m := range mediums {
			if strings.Contains(s, m) {
				return true
			}
		}
		return false
	}
	for seed := range int64(50) {
		plain, err := Enrich("a boat", l, seed, nil)
		if err != nil || !strings.HasPrefix(plain, "a boat, ") || !medium(plain) || strings.Count(plain, ",") < 5 {
			t.Errorf("%q, %v", plain, err)
		}
		said, err := Enrich("an oil sketch of {a boat|a ship} at dusk # note", l, seed, nil)
		if err != nil || !strings.HasPrefix(said, "an oil sketch of {a boat|a ship} at dusk # note\n, ") || medium(said) {
			t.Errorf("%q, %v", said, err)
		}
	}
	if s, err := Enrich(" , ", l, 1, nil); err == nil {
		t.Errorf("nothing became %q", s)
	}
}
