package pipeline

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline/metadata"
)

// TestARecipesAdaptersAreFoundElsewhere: those near the model stay as they are; others are asked
// for with the sum that the recipe has of them, and the prompt calls them as they are called here.
func TestARecipesAdaptersAreFoundElsewhere(t *testing.T) {
	dir, far := t.TempDir(), t.TempDir()
	at := func(dir, name string) string {
		path := filepath.Join(dir, name+".safetensors")
		if err := os.WriteFile(path, nil, 0o600); err != nil {
			t.Fatal(err)
		}
		return path
	}
	var q Request
	q.Model = at(dir, "model")
	at(dir, "near")
	renamed, same := at(far, "my leaf"), at(far, "same")
	r := metadata.ParseA1111("a boat <lora:near:1> <lora:leaf:0.7:lbw=OUTALL>, <lora:same:0.5> <lora:none:1>\nSteps: 20, Sampler: Euler, CFG scale: 7, Seed: 1, Size: 64x64, Lora hashes: \"near: 111111111111, leaf: ABCDEF012345, same: 222222222222\"")
	q.Prompt = r.FullPrompt()
	given := []Region{{Prompt: "a tree <lora:leaf:0.2>"}, {Prompt: "<lora:lost:1> a root"}}
	q.Regions = given
	var asked []string
	q.FindAdapters(AdapterSums(r), func(sum, name string) string {
		asked = append(asked, name+" "+sum)
		return map[string]string{"abcdef012345": renamed, "222222222222": same}[sum]
	})
	slices.Sort(asked)
	if want := []string{"leaf abcdef012345", "leaf abcdef012345", "lost ", "none ", "same 222222222222"}; !slices.Equal(asked, want) {
		t.Errorf("asked for %q, want %q", asked, want)
	}
	gone := q.DropMissing()
	if want := "a boat <lora:near:1> <lora:my leaf:0.7:lbw=OUTALL>, <lora:same:0.5>"; q.Prompt != want || !slices.Equal(gone, []string{"none", "lost"}) {
		t.Errorf("the prompt is %q without %q", q.Prompt, gone)
	}
	if q.Regions[0].Prompt != "a tree <lora:my leaf:0.2>" || q.Regions[1].Prompt != "a root" || given[1].Prompt == "a root" {
		t.Errorf("the regions are %+v, made of %+v", q.Regions, given)
	}
	if got := lines(q.Where.AdapterFiles); len(got) != 2 || !slices.Contains(got, renamed) || !slices.Contains(got, same) {
		t.Errorf("the files are %q", got)
	}
}
