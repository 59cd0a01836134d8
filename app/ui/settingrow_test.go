package ui

import (
	"slices"
	"strings"
	"testing"

	"fyne.io/fyne/v2"
	"fyne.io/fyne/v2/container"
	"fyne.io/fyne/v2/storage"

	"pentimento/app/fills"
	"pentimento/app/settings"
	"pentimento/pipeline/pipelinetest"
)

// holds says whether an object is somewhere in a container.
func holds(in, o fyne.CanvasObject) bool {
	if s, ok := in.(*container.Scroll); ok {
		in = s.Content
	}
	if e, ok := in.(*explained); ok {
		in = e.o
	}
	c, ok := in.(*fyne.Container)
	if !ok {
		return in == o
	}
	for _, child := range c.Objects {
		if holds(child, o) {
			return true
		}
	}
	return in == o
}

// TestEverySettingHasItsControl: each row that the table puts into the panel is there, and what
// it is set to is kept under the row's ID.
func TestEverySettingHasItsControl(t *testing.T) {
	w, p := diffusing(t)
	w.ed.SetFill(func(f *settings.Fill) { f.Blend, f.VariationStrength = "soft", 0.5 })
	takers := map[string]string{"eta": "Euler a", "eta_ddim": "DDIM", "tcd_gamma": "TCD", "s_noise": "LCM", "s_churn": "Euler", "s_tmin": "Euler", "s_tmax": "Heun", "restarts": "Restart"}
	for _, s := range fills.All() {
		if name := takers[s.ID]; name != "" {
			if w.ed.Settings.Fill.Sampler == "PLMS" && p.rows[s.ID].content.Visible() {
				t.Errorf("%s is shown for a sampler that does not take it", s.ID)
			}
			w.ed.SetFill(func(f *settings.Fill) { f.Sampler = name })
		}
		if s.ID == "preview_file" {
			w.ed.SetFill(func(f *settings.Fill) { f.Set("preview", "") })
		}
		r := p.rows[s.ID]
		if r == nil {
			t.Errorf("%s has no control", s.ID)
			continue
		}
		var o fyne.CanvasObject
		want := ""
		switch {
		case r.tick != nil:
			o, want = r.tick, "true"
			r.tick.SetChecked(true)
		case r.file != nil:
			o, want = r.file, "/models/other.safetensors"
			w.ed.SetFill(func(f *settings.Fill) { f.Set(s.ID, want) })
			if r.file.Text != "other.safetensors" || !r.clear.Visible() {
				t.Errorf("%s shows %q for a chosen file", s.ID, r.file.Text)
			}
		case r.text != nil:
			o, want = r.text, "0.1:10,1,2"
			r.text.SetText(want)
			r.text.FocusLost()
		case r.choice != nil:
			o = r.choice
			names := fills.Names(s)
			r.choice.SetSelected(names[len(names)-1])
			want, _ = fills.Choose(s, names[len(names)-1])
			if s.ID == "blend" {
				r.choice.SetSelected("Soft inpainting")
				want = "soft"
			}
		case r.slider != nil:
			o, want = r.slider.content, r.number(s.Slider.High)
			r.slider.slider.SetValue(s.Slider.High)
		default:
			o, want = r.typed.field, "12345"
			r.typed.SetText(want)
			r.typed.FocusLost()
		}
		if !holds(of[*sideColumn](w).content, o) || !r.content.Visible() && s.ID != "keep_exact" { // that one is about outpaints
			t.Errorf("%s is not in the panel", s.ID)
		}
		if e, ok := r.content.(*explained); !ok || strings.Contains(e.hint, "`") || len(e.hint) < len(s.Name)+10 {
			t.Errorf("%s does not say what it is for", s.ID)
		}
		if got := w.ed.Settings.Fill.Get(s.ID); got != want && !(got == "" && want == s.Default) {
			t.Errorf("%s is kept as %q, want %q", s.ID, got, want)
		}
		if s.ID != "s_churn" && takers[s.ID] != "" {
			w.ed.SetFill(func(f *settings.Fill) { f.Sampler = "PLMS" })
		}
		if r.tick != nil && s.ID != "thresholding" && s.ID != "inversion" { // others may act only without it, or with it
			r.tick.SetChecked(false)
		}
		if r.file != nil {
			r.clear.OnTapped()
			if got := w.ed.Settings.Fill.Get(s.ID); got != "" || r.clear.Visible() {
				t.Errorf("%s is %q after going back to the model's own", s.ID, got)
			}
		}
	}
	w.ed.SetFill(func(f *settings.Fill) { f.Blend = "" })
	if p.rows["soft_bias"].content.Visible() {
		t.Error("the numbers of soft inpainting stay where it is not chosen")
	}
}

// TestAdaptersAreListedWithTheirWeights: a file that is dropped gets a row, its weight reaches
// the next request, and its button removes it.
func TestAdaptersAreListedWithTheirWeights(t *testing.T) {
	w, _ := diffusing(t)
	tiny := pipelinetest.Tiny(t, "tiny15")
	model := tiny.Write(t, "single", "F16")
	lora := tiny.WriteLoRA(t, t.TempDir(), "fog", 2)
	at := fyne.CurrentApp().Driver().AbsolutePositionForObject(w.view)
	for _, path := range []string{model, lora} {
		w.dropped(at.AddXY(120, 90), []fyne.URI{storage.NewFileURI(path)})
	}
	p := of[*adapterPanel](w)
	if w.ed.Settings.Fill.Model != model || len(p.rows.Objects) != 1 {
		t.Fatalf("model %q and %d adapters, want both that were dropped", w.ed.Settings.Fill.Model, len(p.rows.Objects))
	}
	row := p.rows.Objects[0]
	p.list[0].weight.slider.SetValue(0.4)
	if a := w.ed.Settings.Fill.Adapters; len(a) != 1 || a[0].Weight != 0.4 || p.rows.Objects[0] != row {
		t.Errorf("adapters %+v, want the weight 0.4 by the same row", a)
	}
	r := p.list[0]
	for r.kind.Text == "" { // read in the background
		(<-posted)()
	}
	if r.kind.Text != "LoRA" || r.text.content.Visible() || r.wake.Visible() {
		t.Errorf("the row says %q, with a strength on the text %v and words %v; want LoRA without both", r.kind.Text, r.text.content.Visible(), r.wake.Visible())
	}
	r.link.OnTapped()
	if r.weight.slider.SetValue(0.8); !r.text.content.Visible() || w.ed.Settings.Fill.Adapters[0].TextWeight != 0.4 {
		t.Error("the strength on the text follows the other after it was freed of it")
	}
	if r.link.OnTapped(); w.ed.Settings.Fill.Adapters[0].TextWeight != 0.8 || r.text.content.Visible() {
		t.Error("the strength on the text is not the other's after it was tied to it again")
	}
	r.eye.OnTapped()
	if a := w.ed.Settings.Fill.Adapters; len(a) != 1 || !a[0].Off || r.eye.Icon != icon("eyeoff") {
		t.Errorf("the eye leaves %+v, want the adapter off and in the list", a)
	}
	enter := func(f *field, text string) { f.SetText(text); f.left() }
	r.fold.OnTapped()
	if enter(r.blocks, "1,0,1"); !r.details.Visible() || !strings.Contains(r.trouble.Text, "3 numbers, want 17 or 26") || !r.trouble.Visible() {
		t.Errorf("of three block weights it says %q", r.trouble.Text)
	}
	lists, _ := w.ed.Models.BlockLists()
	if enter(r.blocks, "OUTALL"); r.trouble.Visible() || !slices.Contains(lists, "OUTALL") {
		t.Errorf("of the built-in list OUTALL, one of %v, it says %q", lists, r.trouble.Text)
	}
	enter(r.start, "3")
	enter(r.stop, "soon")
	if a := w.ed.Settings.Fill.Adapters[0]; a.Blocks != "OUTALL" || a.Start != 3 || a.Stop != 0 || r.stop.Text != "" {
		t.Errorf("kept is %+v, and the last step %q; want OUTALL from step 3", a, r.stop.Text)
	}
	if p.w.ed.Models.RemoveAdapter(0); len(p.rows.Objects) != 0 {
		t.Error("the row stays after its adapter is gone")
	}
}

// TestALoRAForFewStepsHasAButton that sets its numbers, and then puts back what was there.
func TestALoRAForFewStepsHasAButton(t *testing.T) {
	w, p := diffusing(t)
	tiny := pipelinetest.Tiny(t, "tiny15")
	w.ed.Models.Open(tiny.Write(t, "single", "F16"))
	w.ed.Models.Receive(tiny.WriteLoRA(t, t.TempDir(), "tcd-sd15", 2))
	row := of[*adapterPanel](w).list[0]
	for !row.speed.content.Visible() { // read in the background
		(<-posted)()
	}
	before := w.ed.Settings.Fill
	if !strings.Contains(row.speed.text.Text, "wants 4 steps, guidance 1, sampler TCD, schedule TCD") || p.speed.content.Visible() {
		t.Errorf("it says %q, and beside the model %v", row.speed.text.Text, p.speed.content.Visible())
	}
	row.speed.take.OnTapped()
	if f := w.ed.Settings.Fill; f.Steps != 4 || f.CFG != 1 || f.Sampler != "TCD" || f.Schedule != "TCD" || row.speed.take.Text != "Put back" {
		t.Errorf("the panel has %d steps, guidance %g, %s, %s, and the button says %q", f.Steps, f.CFG, f.Sampler, f.Schedule, row.speed.take.Text)
	}
	if p.rows["steps"].slider.value != 4 || !p.rows["tcd_gamma"].content.Visible() {
		t.Error("the controls do not show the numbers")
	}
	row.speed.take.OnTapped()
	if f := w.ed.Settings.Fill; !f.Equal(before) {
		t.Errorf("put back is %+v, want %+v", f, before)
	}
	if row.eye.OnTapped(); row.speed.content.Visible() {
		t.Error("an adapter that is off offers its numbers")
	}
}

// TestTheTickToKeepThePhotoIsInSightForOutpaints: with the tool that drags the picture's border.
func TestTheTickToKeepThePhotoIsInSightForOutpaints(t *testing.T) {
	w, p := diffusing(t)
	w.ed.SetTool("mask")
	before := p.rows["keep_exact"].content.Visible()
	if w.ed.SetTool("border"); before || !p.rows["keep_exact"].content.Visible() {
		t.Errorf("the tick is shown %v with the mask brush and %v with the border tool, want the latter only", before, p.rows["keep_exact"].content.Visible())
	}
}
