package commission

import (
	"encoding/json"
	"image"
	"time"

	"pentimento/canvas/file"
	"pentimento/pipeline"
	"pentimento/pipeline/metadata"
)

// Account is what a picture remembers of a result that is laid into it: the settings, the
// rectangle that may have changed and all that is needed to make it again (Again). Its
// rectangles are pixels as the result has them.
func Account(res *pipeline.Result, changed image.Rectangle, when time.Time) metadata.Fill {
	f := res.Request.Record(changed, when)
	if res.Image != nil {
		replay := res.Replay()
		f.Read = metadata.RectOf(replay.Read)
		f.Run, _ = json.Marshal(replay) // without it the rest is still worth having
	}
	return f
}

// History is the account that a picture brings along: our own, or what another program
// wrote into it. size is the picture's.
func History(texts []file.Text, size image.Point) *metadata.Document {
	var known []metadata.Text
	for _, t := range texts {
		known = append(known, metadata.Text(t))
	}
	r, _ := metadata.Read(known)
	d := &metadata.Document{}
	switch {
	case r != nil && r.Document != nil:
		d = r.Document
	case r != nil:
		d.Origin = r.Text()
	}
	d.Width, d.Height = size.X, size.Y
	return d
}

// Ours says whether a text of a picture is one that this program writes anew.
func Ours(key string) bool { return key == metadata.DocumentKey || key == metadata.ParametersKey }

// Texts is an account as a picture file carries it.
func Texts(d *metadata.Document) (out []file.Text) {
	for _, t := range d.Texts() {
		out = append(out, file.Text(t))
	}
	return out
}
