package checkpoint_test

import (
	"context"
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/pipelinetest"
)

// items reads a file's tensors back, to write them elsewhere.
func items(t *testing.T, path string) []pipelinetest.Item {
	t.Helper()
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	n := binary.LittleEndian.Uint64(b)
	var header map[string]struct {
		DType   string `json:"dtype"`
		Shape   []int  `json:"shape"`
		Offsets [2]int `json:"data_offsets"`
	}
	if err := json.Unmarshal(b[8:8+n], &header); err != nil {
		t.Fatal(err)
	}
	var out []pipelinetest.Item
	for name, e := range header {
		if name != "__metadata__" {
			out = append(out, pipelinetest.Item{Name: name, DType: e.DType, Shape: e.Shape, Data: b[8+int(n)+e.Offsets[0] : 8+int(n)+e.Offsets[1]]})
		}
	}
	return out
}

// shard replaces a component's file by n files and an index, in fp16 naming.
func shard(t *testing.T, path, dir string, n int) {
	t.Helper()
	parts := make([][]pipelinetest.Item, n)
	index := struct {
		Map map[string]string `json:"weight_map"`
	}{map[string]string{}}
	for i, it := range items(t, path) {
		k := i % n
		parts[k] = append(parts[k], it)
		index.Map[it.Name] = fmt.Sprintf("diffusion_pytorch_model.fp16-%d.safetensors", k+1)
	}
	for k, p := range parts {
		if err := pipelinetest.WriteSafetensors(filepath.Join(dir, fmt.Sprintf("diffusion_pytorch_model.fp16-%d.safetensors", k+1)), p, nil); err != nil {
			t.Fatal(err)
		}
	}
	b, err := json.Marshal(index)
	if err == nil {
		err = os.WriteFile(filepath.Join(dir, "diffusion_pytorch_model.safetensors.index.fp16.json"), b, 0o644)
	}
	if err == nil {
		err = os.Remove(path)
	}
	if err != nil {
		t.Fatal(err)
	}
}

// rewrite changes a file's tensors.
func rewrite(t *testing.T, path string, change func([]pipelinetest.Item) []pipelinetest.Item) {
	t.Helper()
	if err := pipelinetest.WriteSafetensors(path, change(items(t, path)), nil); err != nil {
		t.Fatal(err)
	}
}

// rename replaces pieces of names.
func rename(pairs ...string) func([]pipelinetest.Item) []pipelinetest.Item {
	return func(list []pipelinetest.Item) []pipelinetest.Item {
		for i := range list {
			list[i].Name = strings.NewReplacer(pairs...).Replace(list[i].Name)
		}
		return list
	}
}

func TestMarksOfTrainersAreRead(t *testing.T) {
	path := small(t, "tinyxl").Write(t, "single", "F16")
	rewrite(t, path, func(list []pipelinetest.Item) []pipelinetest.Item {
		return append(list, pipelinetest.NewItem("v_pred", "F32", nil, 0), pipelinetest.NewItem("ztsnr", "F32", nil, 0))
	})
	ck, err := checkpoint.Open(path, checkpoint.Options{})
	if err != nil || ck.Prediction != "v" || !ck.Schedule.ZeroTerminalSNR {
		t.Errorf("opened as %+v, %v", ck, err)
	}
}

// Names that older tools wrote mean the same.
func TestOldNamesAreRead(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	rewrite(t, path, rename("cond_stage_model.transformer.text_model.", "cond_stage_model.transformer."))
	if _, err := checkpoint.Open(path, checkpoint.Options{}); err != nil {
		t.Errorf("text encoder without \"text_model.\": %v", err)
	}
	dir := small(t, "tiny15").Write(t, "folder", "F16")
	want, err := checkpoint.Open(dir, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	rewrite(t, filepath.Join(dir, "vae", "diffusion_pytorch_model.safetensors"),
		rename(".to_q.", ".query.", ".to_k.", ".key.", ".to_v.", ".value.", ".to_out.0.", ".proj_attn."))
	old, err := checkpoint.Open(dir, checkpoint.Options{})
	if err != nil {
		t.Fatal(err)
	}
	for name := range want.VAE.Tensors {
		if _, ok := old.VAE.Tensors[name]; !ok {
			t.Errorf("the VAE of old names lacks %q", name)
		}
	}
}

func TestMixedLayoutsAreRefused(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	rewrite(t, path, rename("cond_stage_model.transformer.text_model.final_layer_norm.", "cond_stage_model.model.ln_final."))
	if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "two kinds of text_encoder") {
		t.Errorf("error %v, want one that says the file holds two kinds", err)
	}
}

func TestTypesThatCannotRunAreRefused(t *testing.T) {
	path := small(t, "tiny15").Write(t, "single", "F16")
	rewrite(t, path, func(list []pipelinetest.Item) []pipelinetest.Item {
		for i := range list {
			if list[i].Name == "model.diffusion_model.out.2.weight" {
				list[i].DType, list[i].Data = "I8", list[i].Data[:len(list[i].Data)/2]
			}
		}
		return list
	})
	if _, err := checkpoint.Open(path, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "stored as I8") {
		t.Errorf("error %v, want one that names the type", err)
	}
}

func TestInspectSaysWhatIsInAFile(t *testing.T) {
	path := small(t, "tinyxl").Write(t, "single", "F16")
	rewrite(t, path, func(list []pipelinetest.Item) []pipelinetest.Item { // as files from training have it
		return append(list, pipelinetest.Item{Name: "conditioner.embedders.0.transformer.text_model.embeddings.position_ids", DType: "I64", Shape: []int{1, 2}, Data: make([]byte, 16)})
	})
	b, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	sum := sha256.Sum256(b)
	var last int64
	r, err := checkpoint.Inspect(context.Background(), path, checkpoint.Options{}, func(done, _ int64) { last = done })
	if err != nil {
		t.Fatal(err)
	}
	if r.Kind != "checkpoint" || r.Family != "sdxl" || r.DType != "fp16" || len(r.Parts) != 4 || len(r.Problems) != 0 ||
		r.SHA256 != hex.EncodeToString(sum[:]) || r.ShortHash != r.SHA256[:10] || last != int64(len(b)) {
		t.Errorf("report %+v after %d of %d bytes", r, last, len(b))
	}
	for _, p := range r.Parts {
		if p.DType != "fp16" || p.Values == 0 {
			t.Errorf("part %+v, want fp16", p)
		}
	}
	if _, err := json.Marshal(r); err != nil {
		t.Error(err)
	}
}

func TestInspectNamesOtherKindsAndProblems(t *testing.T) {
	write := func(names ...string) string {
		var list []pipelinetest.Item
		for _, n := range names {
			list = append(list, pipelinetest.NewItem(n, "F32", []float32{1, 2}, 2))
		}
		path := filepath.Join(t.TempDir(), "file.safetensors")
		if err := pipelinetest.WriteSafetensors(path, list, nil); err != nil {
			t.Fatal(err)
		}
		return path
	}
	for want, path := range map[string]string{
		"adapter": write("lora_unet_x.lora_down.weight"), "controlnet": write("control_model.input_blocks.0.0.weight"),
		"embedding": write("emb_params"), "vae": write("decoder.conv_in.weight"), "denoiser": write("input_blocks.0.0.weight"), "unknown": write("a"),
	} {
		r, err := checkpoint.Inspect(context.Background(), path, checkpoint.Options{}, nil)
		if err != nil || r.Kind != want || (want == "unknown") != (len(r.Problems) > 0) {
			t.Errorf("%s: %+v, %v", want, r, err)
		}
	}
	m := small(t, "tiny15")
	m.Unet.In = 5
	r, err := checkpoint.Inspect(context.Background(), m.Write(t, "single", "F16"), checkpoint.Options{}, nil)
	if err != nil || r.Kind != "checkpoint" || len(r.Problems) != 1 || !strings.Contains(r.Problems[0], "5 input channels") {
		t.Errorf("a model of five channels: %+v, %v", r, err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	cancel()
	if _, err := checkpoint.Inspect(ctx, write("a"), checkpoint.Options{}, nil); err == nil {
		t.Error("hashing went on after cancel")
	}
}

func TestADamagedONNXModelIsNamed(t *testing.T) {
	dir := small(t, "tiny15").Write(t, "folder", "F16")
	unet := filepath.Join(dir, "unet")
	if err := os.Rename(filepath.Join(unet, "diffusion_pytorch_model.safetensors"), filepath.Join(unet, "model.onnx")); err != nil {
		t.Fatal(err)
	}
	if _, err := checkpoint.Open(dir, checkpoint.Options{}); err == nil || !strings.Contains(err.Error(), "unet: ONNX model") {
		t.Errorf("error %v, want one that names the ONNX model", err)
	}
}
