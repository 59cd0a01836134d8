package pipeline

import (
	"image"
	"testing"

	"pentimento/pipeline/harmony"
	"pentimento/pipeline/metadata"
)

// TestAHarmonisedRecipesNonsenseIsRefused: what was written is read again, and no number that can't be meant is dropped.
func TestAHarmonisedRecipesNonsenseIsRefused(t *testing.T) {
	was := Harmonising{Name: "cup.png", At: image.Pt(-3, 7), Look: harmony.Default}
	written := &metadata.Recipe{Params: was.params()}
	if got, ok := HarmonisingOf(written); !ok || got.Look != was.Look || got.At != was.At || got.Look.Check() != nil {
		t.Fatalf("read %+v (%v), want %+v", got, ok, was)
	}
	for _, text := range []string{"strength NaN", "direction 1e300", "shadow -1", "length zz"} {
		r := &metadata.Recipe{Params: []metadata.Param{{Key: keyHarmonise, Value: text}, {Key: keyHarmoniseAt, Value: "0 0"}}}
		if got, ok := HarmonisingOf(r); !ok || got.Look.Check() == nil {
			t.Errorf("%q is taken as %+v", text, got.Look)
		}
	}
	for _, text := range []string{"NaN", "1", "1 zz", ""} {
		r := &metadata.Recipe{Params: []metadata.Param{{Key: keyHarmonise, Value: "strength 1"}, {Key: keyHarmoniseAt, Value: text}}}
		if got, ok := HarmonisingOf(r); ok {
			t.Errorf("the place %q is taken as %v", text, got.At)
		}
	}
}
