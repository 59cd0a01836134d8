package editor

import (
	"context"
	"image"

	"pentimento/app/commission"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/canvas/cut"
	"pentimento/canvas/render"
	"pentimento/fault"
	"pentimento/pipeline"
	"pentimento/tools"
)

// subjectActions select what the picture is of, without pointing at it.
var subjectActions = []Action{
	{ID: "select.subject", Name: "Select subject", Menu: "Select", Gap: true, Run: (*Editor).SelectSubject, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Select what stands out of the picture: by the network ISNet where it is here, else by colours and edges"},
	{ID: "select.sky", Name: "Select sky", Menu: "Select", Run: (*Editor).SelectSky, Enabled: hasContent, Why: "Open or paint a picture first", Help: "Select what is smooth and hangs down from the picture's upper rim"},
	{ID: "select.person", Name: "Select people", Menu: "Select", Run: asks("selectperson"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Select the people in the picture by a small network, which is fetched once"},
	{ID: "select.text", Name: "Select text", Menu: "Select", Run: show("select.text"), Enabled: hasContent, Why: "Open or paint a picture first", Help: "Select the lines of text in the picture: captions, watermarks, signs, by a network that is fetched once"},
}

// PersonParts are the files of the network that finds people.
var PersonParts = []string{"selfie_segmentation.tflite"}

// subjectParts are those of the one that finds subjects of any kind; it is used where it is here.
var subjectParts = []string{"isnet_fp16.onnx"}

// SelectSubject selects what stands out of the picture.
func (e *Editor) SelectSubject() {
	if path := e.Models.NetworkOf(subjectParts); path != "" {
		e.selectBy("Select subject", path)
		return
	}
	e.selectFound("Select subject", (*cut.Scene).Subject, words.T("Nothing stands out of this picture: click the thing with the tool Object."))
}

// SelectSky selects the sky.
func (e *Editor) SelectSky() {
	e.selectFound("Select sky", (*cut.Scene).Sky, words.T("There is no sky along the picture's upper rim: click it with the tool Object."))
}

// SelectPeople selects the people by the network of PersonParts, which is here.
func (e *Editor) SelectPeople() {
	if path := e.Models.NetworkOf(PersonParts); path != "" {
		e.selectBy("Select people", path)
	}
}

// whole is the whole picture, as it is seen.
var whole = tools.AreaSettings{Selects: true}

// selectThing selects a thing and knows afterwards that it is one.
func (e *Editor) selectThing(label string, find func(ctx context.Context, report func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error)) {
	p := e.page
	p.found(label, find, func(ed *canvas.Edit, g canvas.Grid[canvas.MaskTile]) { whole.Lay(ed, g, canvas.Replace) }, func() { p.thing.found = p.doc.State().Selection })
}

// selectFound selects what is found in all layers; hint is the advice where that is nothing.
func (e *Editor) selectFound(label string, find func(*cut.Scene, context.Context) (canvas.Grid[canvas.MaskTile], error), hint string) {
	scenes := &e.scenery
	e.selectThing(label, func(ctx context.Context, _ func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		scene, err := scenes.open(ctx, ctx, s, whole, shifted{})
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		g, err := find(scene, ctx)
		if err == nil && g.Len() == 0 {
			err = fault.New("select: nothing was found", hint)
		}
		return g, err
	})
}

// selectBy selects what a network that cuts out finds.
func (e *Editor) selectBy(label, network string) {
	var runner pipeline.Runner = e.Fills.Pipeline
	if e.Fills.Runner != nil {
		runner = e.Fills.Runner
	}
	var panel pipeline.Request
	pipeline.Apply(&panel, e.Settings.Fill.Get)
	where := panel.Where
	where.Device = e.Settings.Device
	e.selectThing(label, func(ctx context.Context, report func(float64), s *canvas.State) (canvas.Grid[canvas.MaskTile], error) {
		img, err := flattenPart(ctx, "select", s, picture(s), render.FlattenOptions{})
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		at := img.Rect.Min
		img.Rect = image.Rectangle{Max: img.Rect.Size()}
		q := pipeline.Request{Ask: pipeline.Ask{Engine: pipeline.Diffusion, Task: pipeline.Cut, Frame: img.Rect, Image: img}, Cut: &pipeline.Cutting{Network: network}, Where: where}
		res, err := commission.In(s.Source.Space(), runner).Run(ctx, q, func(p pipeline.Progress) { report(p.Fraction) })
		if err != nil {
			return canvas.Grid[canvas.MaskTile]{}, err
		}
		m := *res.Mask
		m.Rect = m.Rect.Add(at)
		g := canvas.Cover(&m)
		if g.Len() == 0 {
			err = fault.New("select: nothing was found", words.T("The network sees nothing of its kind here: click the thing with the tool Object."))
		}
		return g, err
	})
}
