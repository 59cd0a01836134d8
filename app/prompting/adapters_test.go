package prompting

import (
	"slices"
	"testing"
)

// TestATagIsCompletedWithTheAdaptersThatAreThere: by their names' beginning, capitals aside, and
// nowhere else.
func TestATagIsCompletedWithTheAdaptersThatAreThere(t *testing.T) {
	files := func() []string { return []string{"/m/lora/Misty Fog.safetensors", "/m/lora/mist.pt", "kiln"} }
	for _, c := range []struct {
		text string
		from int
		want []string
	}{
		{"a boat <lora:mis", 13, []string{"mist:1>", "Misty Fog:1>"}},
		{"a boat <lora:Misty f", 13, []string{"Misty Fog:1>"}},
		{"<lyco:", 6, []string{"mist:1>", "kiln:1>", "Misty Fog:1>"}},
		{"<lora:kiln", 6, []string{"kiln:1>"}},
		{"<lora:none", 6, nil},
		{"<lora:mist:", 11, nil},
		{"<lora:mist:1> mis", 17, nil},
		{"a boat mis", 10, nil},
		{"<mis", 4, nil},
	} {
		if from, found := completeAdapter(c.text, len(c.text), files); from != c.from || !slices.Equal(found, c.want) {
			t.Errorf("%q is completed at %d with %q, want at %d with %q", c.text, from, found, c.from, c.want)
		}
	}
	c := Context{Adapters: files(), Vocabulary: &Vocabulary{}}
	if r := Read("<lora:MIST:1> <lora:gone:1>", c); len(r.Remarks) != 1 || r.Remarks[0].Start != 14 {
		t.Errorf("remarks are %+v, want one of the adapter that is not there", r.Remarks)
	}
}
