// Package collectiontest writes folders of models as people have them, small and made up, for
// tests.
package collectiontest

import (
	"archive/zip"
	"bytes"
	"encoding/base64"
	"encoding/binary"
	"fmt"
	"image"
	"image/color"
	"image/png"
	"math/rand/v2"
	"os"
	"path/filepath"
	"strings"

	"pentimento/pipeline/pipelinetest"
)

// Want is what a file of a tree is.
type Want struct {
	Kind, Family, Adapter string
	// Why is a piece of the reason why it is broken; "" where it is not.
	Why string
}

// maker writes the files of a tree.
type maker struct {
	root string
	rng  *rand.Rand
	want map[string]Want
	err  error
}

// A1111 writes a folder of A1111 with 200 files of every kind, some of them broken, with
// pictures and notes beside a part of them, and says what each is.
func A1111(root string, rng *rand.Rand) (map[string]Want, error) {
	m := &maker{root: root, rng: rng, want: map[string]Want{}}
	m.checkpoints(24)
	m.adapters(72)
	m.parts(67)
	m.networks("embeddings/learned_embeds.bin", Want{Kind: "embedding", Family: "sd1"}, nil, map[string][]int{"<leaf>": {768}}, "<leaf>")
	m.broken(200 - len(m.want))
	return m.want, m.err
}

// add notes what a file is and writes it.
func (m *maker) add(below string, want Want, write func(path string) error) {
	path := filepath.Join(m.root, filepath.FromSlash(below))
	err := os.MkdirAll(filepath.Dir(path), 0o755)
	if err == nil {
		err = write(path)
	}
	if m.err == nil && err != nil {
		m.err = err
	}
	m.want[path] = want
}

// networks writes tensors of random values; the shapes decide what they are.
func (m *maker) networks(below string, want Want, metadata map[string]string, shapes map[string][]int, names ...string) {
	var items []pipelinetest.Item
	for _, name := range names {
		n := 1
		for _, d := range shapes[name] {
			n *= d
		}
		data := make([]byte, 2*n)
		for i := range data {
			data[i] = byte(m.rng.Uint32()) & 0x3b // finite as fp16
		}
		items = append(items, pipelinetest.Item{Name: name, DType: "F16", Shape: shapes[name], Data: data})
	}
	m.add(below, want, func(path string) error {
		if strings.HasSuffix(path, ".safetensors") {
			return pipelinetest.WriteSafetensors(path, items, metadata)
		}
		return pipelinetest.WriteTorch(path, items, m.rng.IntN(2) == 0)
	})
}

func (m *maker) checkpoints(n int) {
	for i := range n {
		name := []string{"tiny15", "tiny15-inpaint", "tiny21", "tinyxl"}[i%4]
		want := Want{Kind: "checkpoint", Family: []string{"sd1", "sd1", "sd2", "sdxl"}[i%4]}
		model := pipelinetest.Miniature(name)
		model.Metadata = map[string]string{"modelspec.title": fmt.Sprintf("Model %d", i), "seed": fmt.Sprint(m.rng.Uint64())}
		below := fmt.Sprintf("models/Stable-diffusion/%s-%02d", []string{"landscape", "portrait", "anime", "photo"}[i%4], i)
		if i%6 == 5 {
			m.add(below+".ckpt", want, func(path string) error { return model.WriteTorch(path, "F16", i%12 == 5, true) })
		} else {
			m.add(below+".safetensors", want, func(path string) error { return model.WriteHollow(path, "F16") })
		}
		m.picture(below+".preview.png", i)
	}
}

// kinds of adapters, by the ends of their tensors' names and shapes.
var kinds = []struct {
	kind   string
	pieces map[string]func(width int) []int
	order  []string
}{
	{"LoRA", map[string]func(int) []int{"lora_down.weight": func(w int) []int { return []int{4, w} }, "lora_up.weight": func(int) []int { return []int{320, 4} }}, []string{"lora_down.weight", "lora_up.weight"}},
	{"LoHa", map[string]func(int) []int{"hada_w1_a": func(int) []int { return []int{320, 4} }, "hada_w1_b": func(w int) []int { return []int{4, w} }}, []string{"hada_w1_a", "hada_w1_b"}},
	{"LoKr", map[string]func(int) []int{"lokr_w1": func(int) []int { return []int{8, 8} }, "lokr_w2": func(w int) []int { return []int{40, w / 8} }}, []string{"lokr_w1", "lokr_w2"}},
	{"DoRA", map[string]func(int) []int{"lora_down.weight": func(w int) []int { return []int{4, w} }, "lora_up.weight": func(int) []int { return []int{320, 4} }, "dora_scale": func(w int) []int { return []int{1, w} }}, []string{"lora_down.weight", "lora_up.weight", "dora_scale"}},
}

func (m *maker) adapters(n int) {
	for i := range n {
		k := kinds[i%len(kinds)]
		width, family := 768, "sd1"
		if i%3 == 1 {
			width, family = 2048, "sdxl"
		} else if i%3 == 2 {
			width, family = 1024, "sd2"
		}
		module := "lora_unet_down_blocks_0_attentions_0_transformer_blocks_0_attn2_to_k"
		shapes, names := map[string][]int{}, []string{}
		for _, piece := range k.order {
			shapes[module+"."+piece] = k.pieces[piece](width)
			names = append(names, module+"."+piece)
		}
		metadata := map[string]string{"ss_output_name": fmt.Sprintf("style %d", i), "ss_base_model_version": "sd_v1",
			"ss_tag_frequency": fmt.Sprintf(`{"10_set":{"brushwork":%d,"portrait":3},"1_more":{"brushwork":2}}`, 5+i)}
		if i%5 == 0 {
			metadata["modelspec.thumbnail"] = "data:image/png;base64," + base64.StdEncoding.EncodeToString(Picture(i))
		}
		below := fmt.Sprintf("models/Lora/%s/style-%02d", []string{"people", "places", "things"}[i%3], i)
		m.networks(below+".safetensors", Want{Kind: "adapter", Family: family, Adapter: k.kind}, metadata, shapes, names...)
		if i%3 == 0 && i%5 != 0 {
			m.picture(below+".png", i)
		}
		if i%4 == 0 {
			m.text(below+".json", fmt.Sprintf(`{"description":"A style of %d","activation text":"brush style %d","preferred weight":0.7,"negative text":"photo","notes":"mine"}`, i, i))
		}
		if i%4 == 1 {
			m.text(below+".civitai.info", fmt.Sprintf(`{"id":%d,"modelId":7,"baseModel":"SD 1.5","trainedWords":["wake %d"],"description":"<p>Made of <b>leaves</b></p>","model":{"name":"Leaf style","tags":["style"]}}`, i, i))
		}
	}
}

// parts are all that is neither a checkpoint nor an adapter.
func (m *maker) parts(n int) {
	for i := range n {
		switch one := fmt.Sprintf("%02d", i); i % 9 {
		case 0:
			m.networks("models/VAE/vae-"+one+".safetensors", Want{Kind: "vae"}, nil, map[string][]int{"decoder.conv_in.weight": {8, 4, 3, 3}, "encoder.conv_in.weight": {8, 3, 3, 3}}, "decoder.conv_in.weight", "encoder.conv_in.weight")
		case 1:
			m.networks("embeddings/word-"+one+".safetensors", Want{Kind: "embedding", Family: "sd1"}, nil, map[string][]int{"emb_params": {2, 768}}, "emb_params")
		case 2:
			m.networks("embeddings/words-"+one+".safetensors", Want{Kind: "embedding", Family: "sdxl"}, nil, map[string][]int{"clip_l": {3, 768}, "clip_g": {3, 1280}}, "clip_l", "clip_g")
		case 3:
			m.networks("models/ControlNet/control-"+one+".safetensors", Want{Kind: "controlnet", Family: "sd1"}, nil, map[string][]int{"control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight": {8, 768}, "control_model.zero_convs.0.0.weight": {8, 8, 1, 1}},
				"control_model.input_blocks.1.1.transformer_blocks.0.attn2.to_k.weight", "control_model.zero_convs.0.0.weight")
		case 4:
			m.networks("models/ESRGAN/larger-"+one+".pth", Want{Kind: "upscaler"}, nil, map[string][]int{"conv_first.weight": {8, 3, 3, 3}, "body.0.rdb1.conv1.weight": {8, 8, 3, 3}, "conv_up1.weight": {8, 8, 3, 3}}, "conv_first.weight", "body.0.rdb1.conv1.weight", "conv_up1.weight")
		case 5:
			m.networks("models/ControlNet/t2i-"+one+".pth", Want{Kind: "t2i_adapter", Family: "sd1"}, nil, map[string][]int{"conv_in.weight": {8, 192, 3, 3}, "body.0.block2.weight": {8, 8, 3, 3}}, "conv_in.weight", "body.0.block2.weight")
		case 6:
			m.networks("models/ControlNet/look-"+one+".bin", Want{Kind: "ip_adapter", Family: "sdxl"}, nil, map[string][]int{"image_proj.proj.weight": {8, 8}, "ip_adapter.1.to_k_ip.weight": {8, 2048}}, "image_proj.proj.weight", "ip_adapter.1.to_k_ip.weight")
		case 7:
			m.networks("models/VAE-approx/tiny-"+one+".pth", Want{Kind: "tiny_vae"}, nil, map[string][]int{"1.weight": {8, 4, 3, 3}, "3.conv.0.weight": {8, 8, 3, 3}}, "1.weight", "3.conv.0.weight")
		case 8:
			m.networks("models/text_encoder/words-"+one+".safetensors", Want{Kind: "text_encoder", Family: "sd1"}, nil, map[string][]int{"text_model.encoder.layers.0.self_attn.q_proj.weight": {8, 768}}, "text_model.encoder.layers.0.self_attn.q_proj.weight")
		}
	}
}

// broken are files as interrupted downloads and worse leave them.
func (m *maker) broken(n int) {
	cutShort := append(binary.LittleEndian.AppendUint64(nil, 76), `{"a":{"dtype":"F16","shape":[64,64],"data_offsets":[0,8192]}}               `...)
	all := []struct {
		name, why string
		data      []byte
	}{
		{"cut.safetensors", "incomplete", append(cutShort, make([]byte, 100)...)},
		{"page.safetensors", "web page", []byte("<!DOCTYPE html><html><body>Log in to download</body></html>")},
		{"empty.safetensors", "0 bytes", nil},
		{"length.safetensors", "header of", binary.LittleEndian.AppendUint64(nil, 1<<40)},
		{"pointer.safetensors", "Git LFS", []byte("version https://git-lfs.github.com/spec/v1\noid sha256:00\nsize 4265146304\n")},
		{"error.safetensors", "error message", []byte(`{"error":"Unauthorized","message":"The creator of this asset requires you to be logged in"}`)},
		{"evil.ckpt", "posix", zipped(false, "archive/data.pkl", []byte("\x80\x02cposix\nsystem\nX\x04\x00\x00\x00true\x85R."))},
		{"bomb.ckpt", "", zipped(true, "archive/data.pkl", make([]byte, 20<<20))},
		{"noise.pt", "neither", m.noise(2000)},
	}
	for i := range n {
		b := all[i%len(all)]
		m.add(fmt.Sprintf("models/%s/broken-%02d-%s", []string{"Stable-diffusion", "Lora"}[i%2], i, b.name), Want{Kind: "broken", Why: b.why}, func(path string) error { return os.WriteFile(path, b.data, 0o644) })
	}
}

func (m *maker) noise(n int) []byte {
	out := make([]byte, n)
	for i := range out {
		out[i] = byte(128 + m.rng.IntN(128))
	}
	return out
}

// zipped is an archive of one file.
func zipped(packed bool, name string, data []byte) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	method := zip.Store
	if packed {
		method = zip.Deflate
	}
	f, _ := w.CreateHeader(&zip.FileHeader{Name: name, Method: method}) // a buffer takes everything
	_, _ = f.Write(data)
	_ = w.Close()
	return b.Bytes()
}

func (m *maker) text(below, text string) {
	if err := os.WriteFile(filepath.Join(m.root, filepath.FromSlash(below)), []byte(text), 0o644); err != nil && m.err == nil {
		m.err = err
	}
}

func (m *maker) picture(below string, i int) { m.text(below, string(Picture(i))) }

// Picture is a PNG of 96 × 128 pixels, another for each number.
func Picture(i int) []byte {
	img := image.NewNRGBA(image.Rect(0, 0, 96, 128))
	for y := range 128 {
		for x := range 96 {
			img.SetNRGBA(x, y, color.NRGBA{uint8(x*2 + i*37), uint8(y + i*91), uint8(i*53 + (x^y)&31), 255})
		}
	}
	var b bytes.Buffer
	_ = png.Encode(&b, img) // to memory
	return b.Bytes()
}
