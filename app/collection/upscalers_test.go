package collection_test

import (
	"path/filepath"
	"testing"

	"pentimento/app/collection"
)

// TestUpscalersOfOtherProgramsAreListed by what they hold: ncnn's pair is one item, so is a folder of TensorFlow.js; a
// pair that reads no picture is told to be broken.
func TestUpscalersOfOtherProgramsAreListed(t *testing.T) {
	root := t.TempDir()
	at := func(below string) string { return filepath.Join(root, filepath.FromSlash(below)) }
	put(t, at("fast.param"), "7767517\n2 2\nInput in0 0 1 in0\nPixelShuffle up 1 1 in0 out0 0=1\n")
	put(t, at("fast.bin"), "")
	put(t, at("other.param"), "7767517\n2 2\nInput in0 0 1 in0 0=4 1=4 2=8\nReLU r 1 1 in0 out0\n")
	put(t, at("other.bin"), "")
	put(t, at("alone.param"), "7767517\n")
	put(t, at("slim-x3/model.json"), `{"modelTopology":{"class_name":"Sequential","config":{"layers":[{"class_name":"UpSampling2D","config":{"name":"up","batch_input_shape":[null,null,null,3],"size":[3,3]}}]}},"weightsManifest":[]}`)
	put(t, at("slim-x3/group1-shard1of1.bin"), "")
	c := collection.Open("")
	refresh(t, c, root)
	want := map[string]string{"fast": "upscaler", "other": collection.Broken, "slim-x3": "upscaler"}
	rows := c.List(collection.Query{})
	for _, r := range rows {
		if want[r.Name()] != r.Kind {
			t.Errorf("%s (%s) is %s %q, want %q", r.Name(), r.Path, r.Kind, r.Problem, want[r.Name()])
		}
	}
	if len(rows) != len(want) {
		t.Errorf("%d items, want %d", len(rows), len(want))
	}
}
