package editor

import (
	"encoding/json"
	"image"

	"pentimento/canvas"
	"pentimento/canvas/file"
	"pentimento/pipeline/metadata"
)

// recipe is what a picture remembers of one accepted fill: a metadata.Fill as JSON, its
// rectangle in document pixels.
func recipe(c *Candidate) []byte {
	f := c.Result.Request.Record(c.Patch.Rect, c.When)
	if c.Result.Image != nil {
		replay := c.Result.Replay()
		f.Read = metadata.RectOf(replay.Read)
		f.Run, _ = json.Marshal(replay) // without it the rest is still worth having
	}
	data, err := json.Marshal(f)
	if err != nil { // a number that JSON cannot write: the picture is worth more than its note
		return nil
	}
	return data
}

// texts are what an export of a state carries.
func (e *Editor) texts(s *canvas.State, x Export) []file.Text {
	var origins []*canvas.Origin
	for _, o := range s.Origins {
		l := s.Layer(o.Layer)
		if l == nil || !l.Visible || x.Layer != 0 && x.Layer != o.Layer {
			continue // the fill's layer is gone, hidden or not exported
		}
		if o.Rect.Overlaps(x.Rect) {
			origins = append(origins, o)
		}
	}
	return textsOf(x.Rect, origins, e.Version)
}

// textsOf writes the accepted fills relative to the exported rectangle.
func textsOf(r image.Rectangle, origins []*canvas.Origin, version string) []file.Text {
	d := metadata.Document{Program: "Pentimento " + version, Width: r.Dx(), Height: r.Dy()}
	for _, o := range origins {
		var f metadata.Fill
		if json.Unmarshal(o.Recipe, &f) != nil {
			continue
		}
		d.Add(f)
	}
	d.Move(image.Point{}.Sub(r.Min), r.Dx(), r.Dy())
	var out []file.Text
	for _, t := range d.Texts() {
		out = append(out, file.Text(t))
	}
	return out
}
