package models

import (
	"os"
	"path/filepath"
	"slices"
	"testing"

	"pentimento/app/settings"
	"pentimento/pipeline"
	"pentimento/pipeline/pipelinetest"
)

// TestALoRAForFewStepsOffersItsNumbers: the panel's stay until they are taken, and come back;
// from the list, from the prompt and from the model itself.
func TestALoRAForFewStepsOffersItsNumbers(t *testing.T) {
	m, d := beginner(t)
	model := tiny(t)
	m.Receive(model)
	small, dir := pipelinetest.Tiny(t, "tiny15"), t.TempDir()
	read := func(path string) (pipeline.Distilled, bool) {
		t.Helper()
		m.DistilledFile(path)
		for m.speed.files[path].looking {
			(<-d.Posted)()
		}
		return m.DistilledFile(path)
	}
	plain := small.WriteLoRA(t, dir, "leaf", 2)
	m.Receive(plain)
	if found, ok := read(plain); ok {
		t.Errorf("an ordinary LoRA offers %+v", found)
	}
	mine := m.numbers()
	fast := small.WriteLoRA(t, dir, "lcm-lora-sdv1-5", 2)
	m.Receive(fast)
	found, ok := read(fast)
	want := pipeline.Suggestion{Steps: 4, CFG: 1, Sampler: "LCM", Schedule: "LCM"}
	if !ok || found.Suggestion != want || m.numbers() != mine {
		t.Fatalf("%+v is offered, want %+v; the panel has %+v, want %+v", found, want, m.numbers(), mine)
	}
	if has, back := m.HasNumbers(found); has || back {
		t.Error("the panel has its numbers before they are taken")
	}
	if m.TakeNumbers(found); m.numbers() != want {
		t.Errorf("taken are %+v, want %+v", m.numbers(), want)
	}
	if has, back := m.HasNumbers(found); !has || !back {
		t.Error("there is no way back")
	}
	if m.PutBackNumbers(); m.numbers() != mine {
		t.Errorf("back are %+v, want %+v", m.numbers(), mine)
	}

	data, err := os.ReadFile(fast)
	if err != nil {
		t.Fatal(err)
	}
	near := filepath.Join(filepath.Dir(model), "loras", "Hyper-SD15-8steps-lora.safetensors")
	if err := os.MkdirAll(filepath.Dir(near), 0o700); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(near, data, 0o600); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { os.RemoveAll(filepath.Dir(near)) })
	for seen := false; !seen; { // behind the window's back
		m.ListAdapters(func(files []AdapterFile) {
			seen = seen || slices.ContainsFunc(files, func(f AdapterFile) bool { return f.Path == near })
		})
		(<-d.Posted)()
	}
	m.desk.SetFill(func(f *settings.Fill) { f.Prompt = "a barn <lora:hyper-sd15-8steps-lora:1>" })
	if read(near); true {
		if d, ok := m.Distilled(); ok {
			t.Errorf("%+v of the prompt is offered beside the one in the list", d)
		}
	}
	m.ChangeAdapter(1, func(a *settings.Adapter) { a.Off = true })
	if d, ok := m.Distilled(); !ok || d.Label != "Hyper-SD" || d.Steps != 8 {
		t.Errorf("by the prompt %+v is offered, want Hyper-SD", d)
	}
	m.desk.SetFill(func(f *settings.Fill) { f.Prompt = "a barn <lora:Hyper-SD15-8steps-lora:0>" })
	if d, ok := m.Distilled(); ok {
		t.Errorf("by a tag of strength 0 %+v is offered", d)
	}
	turbo := filepath.Join(t.TempDir(), "sd_turbo.safetensors")
	if data, err = os.ReadFile(model); err == nil {
		err = os.WriteFile(turbo, data, 0o600)
	}
	if err != nil {
		t.Fatal(err)
	}
	m.Open(turbo)
	if d, ok := m.Distilled(); !ok || d.Label != "Turbo" || m.numbers() != d.Suggestion {
		t.Errorf("by the model %+v is offered, and the panel has %+v; want Turbo's, as nothing was changed by hand", d, m.numbers())
	}
}

// TestAReplacedLoRAIsReadAgain: another file under a name has its own numbers.
func TestAReplacedLoRAIsReadAgain(t *testing.T) {
	m, d := beginner(t)
	path := pipelinetest.Tiny(t, "tiny15").WriteLoRA(t, t.TempDir(), "leaf", 2)
	read := func() (pipeline.Distilled, bool) {
		t.Helper()
		m.DistilledFile(path)
		for m.speed.files[path].looking {
			(<-d.Posted)()
		}
		return m.DistilledFile(path)
	}
	if found, ok := read(); ok {
		t.Fatalf("an ordinary LoRA offers %+v", found)
	}
	item := pipelinetest.NewItem("lora_unet_mid_block.alpha", "F32", []float32{1})
	if err := pipelinetest.WriteSafetensors(path, []pipelinetest.Item{item}, map[string]string{"ss_output_name": "Hyper-SD15-4steps-lora"}); err != nil {
		t.Fatal(err)
	}
	m.speed.files[path].seen = m.speed.files[path].seen.Add(-2 * lookEvery)
	if found, ok := read(); !ok || found.Label != "Hyper-SD" || found.Steps != 4 {
		t.Errorf("the file that replaced it is %+v, want Hyper-SD", found)
	}
}
