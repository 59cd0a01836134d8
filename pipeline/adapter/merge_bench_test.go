//go:build unix

package adapter

import (
	"context"
	"path/filepath"
	"strings"
	"syscall"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// BenchmarkMerge is a LoRA of 150 MB (rank 128, fp16) on both networks of Stable Diffusion 1.5.
// cpu-s is the processor time of a merge; on two idle cores it takes half of that.
func BenchmarkMerge(b *testing.B) {
	dir := b.TempDir()
	model := filepath.Join(dir, "model.safetensors")
	if err := pipelinetest.Full().WriteHollow(model, "F16"); err != nil {
		b.Fatal(err)
	}
	ck, err := checkpoint.Open(model, checkpoint.Options{})
	if err != nil {
		b.Fatal(err)
	}
	const rank = 128
	values := pipelinetest.Uniform("bench", 0.01, rank*20000).Data
	var items []pipelinetest.Item
	for part, prefix := range map[*checkpoint.Part]string{ck.Denoiser: "lora_unet_", ck.Text[0]: "lora_te_text_model_"} {
		for _, name := range part.Names() {
			s := part.Tensors[name].Shape
			if len(s) < 2 || size(s[2:]) != 1 || !strings.Contains(name, "transformer_blocks.") && !strings.Contains(name, "proj_") && !strings.Contains(name, "layers.") {
				continue
			}
			module, up, down := prefix+flat(moduleOf(name)), int(s[0]), int(s[1])
			items = append(items, pipelinetest.NewItem(module+".lora_up.weight", "F16", values[:up*rank], up, rank),
				pipelinetest.NewItem(module+".lora_down.weight", "F16", values[:rank*down], rank, down))
		}
	}
	path := filepath.Join(dir, "an.safetensors")
	if err := pipelinetest.WriteSafetensors(path, items, nil); err != nil {
		b.Fatal(err)
	}
	f, err := Open(path)
	if err != nil {
		b.Fatal(err)
	}
	cpu := func() float64 {
		var u syscall.Rusage
		_ = syscall.Getrusage(syscall.RUSAGE_SELF, &u)
		return float64(u.Utime.Sec+u.Stime.Sec) + float64(u.Utime.Usec+u.Stime.Usec)/1e6
	}
	before := cpu()
	for b.Loop() {
		for _, part := range []*checkpoint.Part{ck.Denoiser, ck.Text[0]} {
			if _, err := Over(context.Background(), part, Use{File: f, Strength: 0.7}); err != nil {
				b.Fatal(err)
			}
		}
	}
	b.ReportMetric((cpu()-before)/float64(b.N), "cpu-s")
}
