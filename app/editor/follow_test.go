package editor

import (
	"bytes"
	"image"
	"image/png"
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/pipeline"
)

// A picture that fills are to follow unfolds the panel where the way is chosen; a second one leaves it
// unfolded.
func TestAPictureToFollowIsShownInItsPanel(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 60, 40), 1))
	b.Do("edit.copy")
	b.copied()
	for n := 1; n <= 2; n++ {
		b.FollowClipboard(pipeline.GuideReference)
		b.until("the reference", func() bool { return len(b.Fills.Attached()) == n })
		if !slices.Contains(b.Settings.Open, "guides") {
			t.Errorf("after picture %d the panels %v are unfolded", n, b.Settings.Open)
		}
	}
}

// A guide of a recipe that waits is followed as the recipe says by the picture that is given to it.
func TestAWaitingGuideIsGivenItsPicture(t *testing.T) {
	b := newBench(t)
	b.put(texture(image.Rect(0, 0, 60, 40), 1))
	b.Await([]pipeline.Guide{{Kind: pipeline.GuideReference, Preprocessor: pipeline.ReferenceAdaIN, Fidelity: 0.4, Weight: 0.7, End: 0.5}})
	if len(b.Fills.Waiting()) != 1 || !slices.Contains(b.Settings.Open, "guides") {
		t.Fatalf("there wait %v, in the panels %v", b.Fills.Waiting(), b.Settings.Open)
	}
	path := filepath.Join(t.TempDir(), "photo.png")
	var data bytes.Buffer
	if err := png.Encode(&data, texture(image.Rect(0, 0, 30, 30), 2)); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(path, data.Bytes(), 0o600); err != nil {
		t.Fatal(err)
	}
	b.GiveFile(path, b.Fills.Waiting()[0].Number)
	b.until("the reference", func() bool { return len(b.Fills.Attached()) == 1 })
	if a := b.Fills.Attachment(b.Fills.Attached()[0]); a.Module != pipeline.ReferenceAdaIN || a.Weight != 0.7 || a.End != 0.5 || len(b.Fills.Waiting()) != 0 {
		t.Errorf("it is followed as %+v", a)
	}
}
