package editor

import (
	"image"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/canvas"
	"pentimento/pipeline"
)

// refines says whether the chosen engine can refine a box.
func (e *Editor) refines() bool { return e.Models.Engine().Unused["refine_box"] == "" }

func refinable(e *Editor) bool {
	return e.refines() && !canvas.CoverUsed(e.State().Selection).Intersect(e.State().Frame).Empty()
}

// RefineSelection has the box around the selection refined while the frame is made. The selection is gone: it would limit what is made.
func (e *Editor) RefineSelection() {
	frame := e.State().Frame
	box := canvas.CoverUsed(e.State().Selection).Intersect(frame)
	if box.Empty() {
		return
	}
	e.SelectNone()
	e.SetFill(func(f *settings.Fill) { f.Set("refine_box", pipeline.BoxText(box.Sub(frame.Min))) })
	e.Say(words.T("The box is refined whenever the frame is made, until “Stop refining the box”"))
}

// RefineNothing ends that.
func (e *Editor) RefineNothing() {
	if e.Settings.Fill.Get("refine_box") != "" {
		e.SetFill(func(f *settings.Fill) { f.Set("refine_box", "") })
	}
}

// RefinedBox is the box that is refined, in the document; empty where there is none, or the engine passes it by.
func (e *Editor) RefinedBox() image.Rectangle {
	r, err := pipeline.ParseBox(e.Settings.Fill.Get("refine_box"))
	if err != nil || r.Empty() || !e.refines() {
		return image.Rectangle{}
	}
	return r.Add(e.State().Frame.Min)
}
