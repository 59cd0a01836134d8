package editor

import (
	"bytes"
	"image"
	"math"
	"os"
	"path/filepath"

	"golang.org/x/image/draw"

	"pentimento/app/desk"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/figure"
	"pentimento/pipeline/preprocess"
	"pentimento/tools"
)

// poseActions lay people on the canvas that fills follow.
var poseActions = []Action{
	{ID: "guide.pose", Name: "Add a figure to pose", Menu: "Layer", Icon: "pose", Run: (*Editor).AddFigure, Help: "Add a guide layer with a standing person; drag the joints with the move tool, a right click hides one"},
	{ID: "guide.posefile", Name: "Open a pose…", Menu: "Layer", Icon: "open", Run: (*Editor).AskPose, Help: "Add the people of a JSON file of OpenPose or of a pose editor, as a guide layer whose joints can be dragged"},
}

// jointActions come before those of layers, whose key removes the layer.
var jointActions = []Action{
	{ID: "guide.joint", Name: "Hide the joint under the pointer", Keys: []string{"Delete"}, Run: (*Editor).HideJoint, Enabled: func(e *Editor) bool {
		_, _, ok := e.jointUnder()
		return ok
	}, Help: "Of a pose, with the move tool: the joint isn't drawn; the same key shows it again"},
	{ID: "guide.nojoint", Name: "Point at a joint to hide it", Keys: []string{"Delete"}, Run: func(e *Editor) { e.Say(words.T("No joint lies under the pointer; the layer stays")) }, Enabled: func(e *Editor) bool {
		return e.toolName == "move" && !e.pressed && tools.OnFigure(e, tools.Vec{X: float64(e.pointer.X), Y: float64(e.pointer.Y)})
	}, Help: "Beside the joints of a pose the key does nothing, so that no layer is lost by a near miss"},
}

// jointUnder is the joint under the pointer, with the move tool.
func (e *Editor) jointUnder() (f figure.Figure, j figure.Joint, ok bool) {
	if e.toolName != "move" || e.pressed {
		return f, j, false
	}
	return tools.JointAt(e, tools.Vec{X: float64(e.pointer.X), Y: float64(e.pointer.Y)})
}

// HideJoint hides the joint under the pointer, or shows it again.
func (e *Editor) HideJoint() {
	if f, j, ok := e.jointUnder(); ok {
		e.layFigure(e.doc.State().Active, "", f.Hide(j))
	}
}

// maxDrawn is the longest side of a drawing of people, in its own pixels.
const maxDrawn = 4096

// AddFigure adds a person who stands in the frame: to the pose that is active, or on a guide layer.
func (e *Editor) AddFigure() {
	s := e.doc.State()
	person := figure.Standing(s.Frame)
	if l := s.Layer(s.Active); l != nil && s.Takes(l.ID) {
		if f, ok := figure.Decode(l.Text); ok {
			aside := s.Frame.Add(image.Pt(s.Frame.Dx()/8*len(f.People), 0)).Sub(l.Offset)
			f.People = append(f.People[:len(f.People):len(f.People)], figure.Standing(aside))
			e.layFigure(l.ID, "", f)
			return
		}
	}
	e.layFigure(0, words.T("Pose"), figure.Figure{Unit: figure.UnitFor(s.Frame), People: []figure.Person{person}})
}

// AskPose asks for a file of points.
func (e *Editor) AskPose() {
	e.Ask(func(w desk.Window) { w.AskOpen(words.T("Open a pose"), e.OpenPose) })
}

// OpenPose lays the people of a JSON file over the frame.
func (e *Editor) OpenPose(path string) {
	here := e.Here()
	e.Go(words.T("pose"), func() {
		data, err := os.ReadFile(path)
		var people []preprocess.Pose
		var w, h int
		if err == nil {
			people, w, h, err = preprocess.ReadPoses(bytes.NewReader(data))
		}
		e.Post(func() {
			here(func() {
				if !e.Fail(err) {
					at := e.doc.State().Frame
					if w > 0 && h > 0 {
						at = covering(image.Pt(w, h), at)
					}
					e.LayPoses(filepath.Base(path), people, at)
				}
			})
		})
	}, nil)
}

// LayPoses lays people whose points were found, in parts of a rectangle of the document, on a guide layer.
func (e *Editor) LayPoses(name string, people []preprocess.Pose, at image.Rectangle) {
	f := figure.Figure{Unit: figure.UnitFor(at)}
	for _, p := range people {
		one := figure.Person{Body: placed(p.Body, at), Face: placed(p.Face, at)}
		if len(p.Body) == 0 {
			one.Body = make([]figure.Place, figure.Body)
			for i := range one.Body {
				one.Body[i].Hidden = true
			}
		}
		if len(p.Hands) > 0 {
			one.Left = placed(p.Hands[0], at)
		}
		if len(p.Hands) > 1 {
			one.Right = placed(p.Hands[1], at)
		}
		f.People = append(f.People, one)
	}
	e.layFigure(0, name, f)
}

// placed are points in parts of a rectangle as places. One that isn't seen stands at the rectangle's middle.
func placed(points []*preprocess.Point, at image.Rectangle) (out []figure.Place) {
	for _, p := range points {
		one := figure.Place{X: float64(at.Min.X+at.Max.X) / 2, Y: float64(at.Min.Y+at.Max.Y) / 2, Hidden: true}
		if p != nil {
			one = figure.Place{X: float64(at.Min.X) + p.X*float64(at.Dx()), Y: float64(at.Min.Y) + p.Y*float64(at.Dy())}
		}
		out = append(out, one)
	}
	return out
}

// layFigure shows people on a layer; 0: on a guide layer of their own, which is followed.
func (e *Editor) layFigure(id canvas.LayerID, name string, f figure.Figure) {
	img := e.Figure(f)
	if img == nil {
		e.Say(words.T("These people reach too far to be drawn"))
		return
	}
	fresh := id == 0
	e.Edit("Pose", func(ed *canvas.Edit) {
		if layers := ed.State().Layers; fresh {
			id = ed.AddLayer(desk.Shorten(name, 24), layers[len(layers)-1].ID)
		}
		img.Rect = img.Rect.Add(ed.State().Layer(id).Offset)
		ed.Erase(id, nil)
		ed.Put(id, img, nil)
		ed.SetLayer(id, func(l *canvas.Layer) { l.Text, l.Guide = f.Encode(), l.Guide || fresh })
	})
	if fresh {
		e.attachTaken(e.doc.State().GuideOf(id), false, "pose")
	}
	e.SetTool("move")
	e.Say(words.T("Drag the joints with the move tool; with Shift the whole person; a right click hides a joint"))
}

// Figure implements tools.Host: people drawn as OpenPose's maps are, by preprocess.DrawPose, of which
// black is the ground and stays transparent. Only where they are is drawn, so that a drag never waits.
func (e *Editor) Figure(f figure.Figure) *image.NRGBA {
	if _, ok := figure.Decode(f.Encode()); !ok {
		return nil
	}
	r := f.Bounds()
	w, h := int(math.Ceil(float64(r.Dx())/f.Unit)), int(math.Ceil(float64(r.Dy())/f.Unit))
	if r.Empty() {
		return image.NewNRGBA(r)
	}
	if max(w, h) > maxDrawn {
		return nil
	}
	wide, high := float64(w)*f.Unit, float64(h)*f.Unit
	const just = 1e-6 // places are cut off to whole pixels: of whole ones none may be lost by rounding
	points := func(places []figure.Place) (out []*preprocess.Point) {
		for _, p := range places {
			var at *preprocess.Point
			if !p.Hidden {
				at = &preprocess.Point{X: (p.X - float64(r.Min.X) + just) / wide, Y: (p.Y - float64(r.Min.Y) + just) / high}
			}
			out = append(out, at)
		}
		return out
	}
	var people []preprocess.Pose
	for _, p := range f.People {
		people = append(people, preprocess.Pose{Body: points(p.Body), Hands: [][]*preprocess.Point{points(p.Left), points(p.Right)}, Face: points(p.Face)})
	}
	drawn, err := preprocess.DrawPose(w, h, people...)
	if err != nil {
		return nil
	}
	img := drawn.NRGBA()
	for i := 0; i < len(img.Pix); i += 4 {
		if img.Pix[i]|img.Pix[i+1]|img.Pix[i+2] == 0 {
			img.Pix[i+3] = 0
		}
	}
	e.doc.State().Source.Space().FromSRGB(img)
	out := image.NewNRGBA(image.Rect(0, 0, int(math.Round(wide)), int(math.Round(high))).Add(r.Min))
	if f.Unit == 1 {
		img.Rect = img.Rect.Add(r.Min)
		return img
	}
	draw.ApproxBiLinear.Scale(out, out.Rect, img, img.Rect, draw.Src, nil)
	return out
}
