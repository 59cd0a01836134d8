package editor

import (
	"bytes"
	"image"
	"os"
	"path/filepath"
	"testing"

	"pentimento/canvas"
	"pentimento/canvas/figure"
	"pentimento/canvas/render"
	"pentimento/pipeline/preprocess"
)

// onBlack is what a layer shows in a rectangle, on black.
func onBlack(s *canvas.State, id canvas.LayerID, r image.Rectangle) []uint8 {
	img := render.Flatten(s, r, render.FlattenOptions{Only: id})
	canvas.Premultiply(img.Pix, img.Pix)
	for i := 3; i < len(img.Pix); i += 4 {
		img.Pix[i] = 255
	}
	return img.Pix
}

// What a network gets of a pose on the canvas is what the preprocessor draws of the same points, pixel for
// pixel, and it is followed at once.
func TestAPoseIsDrawnAsThePreprocessorDoes(t *testing.T) {
	b := newBench(t)
	frame := image.Rect(100, 60, 612, 572)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(frame) })
	b.AddFigure()
	b.AddFigure() // beside the first, on the same layer
	s := b.doc.State()
	l := s.Layer(s.Active)
	f, ok := figure.Decode(l.Text)
	if !ok || len(f.People) != 2 || len(s.References) != 1 || !b.Fills.Attachment(s.References[0]).On {
		t.Fatalf("%d people, strip %v", len(f.People), s.References)
	}
	var people []preprocess.Pose
	for _, p := range f.People {
		var one preprocess.Pose
		for _, at := range p.Body {
			one.Body = append(one.Body, &preprocess.Point{X: (at.X - 100 + 1e-6) / 512, Y: (at.Y - 60 + 1e-6) / 512})
		}
		people = append(people, one)
	}
	want, err := preprocess.DrawPose(512, 512, people...)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(onBlack(s, l.ID, frame), want.NRGBA().Pix) {
		t.Error("the layer differs from the preprocessor's drawing")
	}
	if !b.Used().Empty() {
		t.Error("the pose counts as the picture")
	}
}

// A file's points lie over the frame, those that it doesn't see are hidden, and the text tool leaves
// them alone.
func TestAPoseFileBecomesJointsToDrag(t *testing.T) {
	b := newBench(t)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 256, 256)) })
	path := filepath.Join(t.TempDir(), "pose.json")
	points := "[64,32,1"
	for range 17 {
		points += ",0,0,0"
	}
	if err := os.WriteFile(path, []byte(`{"people":[{"pose_keypoints_2d":`+points+`]}],"canvas_width":128,"canvas_height":128}`), 0o644); err != nil {
		t.Fatal(err)
	}
	b.OpenPose(path)
	b.until("the pose", func() bool { return len(b.State().References) == 1 })
	l := b.State().Layer(b.State().Active)
	f, ok := figure.Decode(l.Text)
	if nose := f.People[0].Body[0]; !ok || nose != (figure.Place{X: 128, Y: 64}) || !f.People[0].Body[1].Hidden || !l.Guide {
		t.Errorf("the nose is at %+v, the neck %+v", nose, f.People[0].Body[1])
	}
	b.OpenPose(filepath.Join(t.TempDir(), "none.json"))
	b.until("an error", func() bool { return len(b.failed) == 1 })
}

// Delete hides the joint under the pointer and not the layer; beside every joint it is the layer's key.
func TestDeleteHidesTheJointUnderThePointer(t *testing.T) {
	b := newBench(t)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 512, 512)) })
	b.AddFigure()
	joint := func() figure.Place {
		f, _ := figure.Decode(b.State().Layer(b.State().Active).Text)
		return f.People[0].Body[0]
	}
	b.pointer = image.Pt(int(joint().X), int(joint().Y))
	for _, want := range []bool{true, false} {
		if !b.Key("Delete") || b.State().GuideOf(b.State().Active) == nil {
			t.Fatal("Delete over a joint does nothing, or takes the layer")
		}
		if joint().Hidden != want {
			t.Errorf("the nose is %+v, want hidden %v", joint(), want)
		}
	}
	b.pointer = image.Pt(int(joint().X)+60, int(joint().Y)+60)
	if !b.Key("Delete") || len(b.State().References) == 0 {
		t.Error("a miss among the joints takes the layer")
	}
	b.pointer.X = 5
	if b.Key("Delete"); len(b.State().References) != 0 {
		t.Error("Delete beside the joints leaves the layer")
	}
}

// People that were made a part of the picture stay one when a joint is hidden or another is added.
func TestAPoseOfThePictureStaysInIt(t *testing.T) {
	b := newBench(t)
	b.Edit("frame", func(ed *canvas.Edit) { ed.SetFrame(image.Rect(0, 0, 512, 512)) })
	b.AddFigure()
	b.GuideLayer()
	id := b.State().Active
	f, _ := figure.Decode(b.State().Layer(id).Text)
	b.pointer = image.Pt(int(f.People[0].Body[0].X), int(f.People[0].Body[0].Y))
	b.HideJoint()
	b.AddFigure()
	l := b.State().Layer(id)
	f, _ = figure.Decode(l.Text)
	if l.Guide || len(b.State().References) != 0 || len(f.People) != 2 || !f.People[0].Body[0].Hidden {
		t.Errorf("guide %v, strip %v, %d people", l.Guide, b.State().References, len(f.People))
	}
}
