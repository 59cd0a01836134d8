package editor

import (
	"image"

	"pentimento/app/settings"
	"pentimento/app/words"
	"pentimento/pipeline"
)

// refines says whether the chosen engine can refine a box.
func (e *Editor) refines() bool { return e.Models.Engine().Unused["refine_box"] == "" }

// toRefine is the box around what is selected, or else around what is masked, as far as it lies in the frame.
func (e *Editor) toRefine() image.Rectangle {
	s := e.State()
	if s.Selection.Len() == 0 {
		return s.MaskUsed().Intersect(s.Frame)
	}
	return e.Selected().Intersect(s.Frame)
}

func refinable(e *Editor) bool { return !e.toRefine().Empty() }

// RefineSelection has the box around the selection, or around the mask where there is none, refined while the frame is made.
// What it is made of is gone: it would limit what is made. An engine that can't is told.
func (e *Editor) RefineSelection() {
	frame, box := e.State().Frame, e.toRefine()
	if box.Empty() {
		return
	}
	if !e.refines() {
		e.Say(words.T("A box is refined while a model paints from a prompt: choose a checkpoint of SD 1.x, 2.x or SDXL first"))
		return
	}
	if hasSelection(e) {
		e.SelectNone()
	} else {
		e.ClearMask()
	}
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
