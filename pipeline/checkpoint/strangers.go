package checkpoint

import (
	"bytes"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"regexp"
	"slices"
	"strings"
	"unicode/utf8"

	"pentimento/fault"
	"pentimento/pipeline/gguf"
	"pentimento/pipeline/pickle"
)

// What people open that isn't a checkpoint is named as what it is: other files by their first
// bytes, other networks by the names of their tensors.

// fileMagic are beginnings of files, and what such a file is.
var fileMagic = []struct {
	magic string
	err   error
}{
	{"version https://git-lfs", errors.New("this is a Git LFS pointer, not the model itself")},
	{"\x89PNG", errors.New("this is a picture (PNG), not a model")}, {"\xff\xd8\xff", errors.New("this is a picture (JPEG), not a model")},
	{"RIFF", errors.New("this is a picture or a sound (RIFF), not a model")}, {"\x1f\x8b", errors.New("this is a compressed file (gzip), not a model")},
	{"8BPS", errors.New("this is a picture (PSD), not a model")}, {"GIF8", errors.New("this is a picture (GIF), not a model")},
	{"II*\x00", errors.New("this is a picture (TIFF), not a model")}, {"MM\x00*", errors.New("this is a picture (TIFF), not a model")},
	{"7z\xbc\xaf", errors.New("this is an archive (7z), not a model")}, {"Rar!", errors.New("this is an archive (RAR), not a model")},
	{"%PDF", errors.New("this is a PDF document, not a model")}, {"\x08\x03\x12", errors.New("this is an ONNX model of one network; want the folder that holds all of them and a model_index.json")},
}

// shown is how much of a text is quoted.
const shown = 120

// sniff knows what people mistake for a safetensors file, by the first bytes of it.
func sniff(b []byte) error {
	for _, k := range fileMagic {
		if bytes.HasPrefix(b, []byte(k.magic)) {
			return k.err
		}
	}
	for _, k := range networkForms[:3] {
		if k.is(b) {
			return fmt.Errorf("this is %s; want a checkpoint", k.what)
		}
	}
	if isPainting(b) {
		return errors.New("this is a picture with layers (OpenRaster or Krita), not a model")
	}
	text := strings.TrimSpace(string(bytes.TrimPrefix(b, []byte("\ufeff"))))
	if text == "" || !plainText(b) {
		return nil
	}
	lower := strings.ToLower(text)
	switch {
	case strings.HasPrefix(lower, "<!doctype") || strings.HasPrefix(lower, "<html") || strings.HasPrefix(lower, "<head"):
		return errors.New("this is a web page, not a model: the download went wrong")
	case strings.HasPrefix(text, "<"):
		return fmt.Errorf("this is a text (XML or HTML), not a model: it begins %q", cut(text))
	}
	var o map[string]any
	if json.Unmarshal([]byte(text), &o) == nil && (o["error"] != nil || o["message"] != nil) {
		return fmt.Errorf("this is a web site's error message, not a model: %s", cut(text))
	}
	return fmt.Errorf("this is a text (perhaps a web site's error message), not a model: it begins %q", cut(text))
}

// isONNX says whether a file begins as ONNX models do: with their version and what wrote them. Now and then a
// safetensors file does too, by the length of its header: this is asked of what is none.
func isONNX(b []byte) bool {
	return bytes.HasPrefix(b, []byte("\x08")) && bytes.Contains(b[:min(len(b), 32)], []byte("\x12")) && !plainText(b)
}

// errONNX is the error of one where a checkpoint is wanted.
var errONNX = fault.New("this is an ONNX model of one network; want a checkpoint, which has all parts of Stable Diffusion",
	"A network that selects, finds, cuts out, restores or enlarges belongs to that tool, or to --model of that verb. Of Stable Diffusion exported as ONNX choose the folder that model_index.json is in.")

// networkForms are the forms of single networks, by how a file of theirs begins, and what such a
// file is. The first that fits counts.
var networkForms = []struct {
	is   func(head []byte) bool
	what string
}{
	{func(b []byte) bool { return len(b) >= 8 && string(b[4:8]) == "TFL3" }, "a TensorFlow Lite model (.tflite)"},
	{func(b []byte) bool { return bytes.HasPrefix(bytes.TrimSpace(b), []byte("7767517")) }, "a network of ncnn (.param)"},
	{func(b []byte) bool { return plainText(b) && bytes.Contains(b, []byte(`"modelTopology"`)) }, "a model of TensorFlow.js (model.json)"},
	{isONNX, "an ONNX model of one network"},
	{gguf.Is, "a GGUF file, weights without their network"},
	{func(b []byte) bool { return pickle.Is(b) && !isPainting(b) }, "a file of PyTorch's, weights without their network"},
	{func(b []byte) bool { return len(b) > 8 && b[8] == '{' && bytes.Equal(b[5:8], []byte{0, 0, 0}) }, "a safetensors file, weights without their network"},
}

// Stranger says what a file is that begins so and was opened for what want names.
func Stranger(head []byte, want string) error {
	for _, k := range networkForms {
		if k.is(head) {
			return fmt.Errorf("this is %s; want %s", k.what, want)
		}
	}
	if err := sniff(head); err != nil {
		return err
	}
	return fmt.Errorf("this is a file of another kind, or damaged; want %s", want)
}

// isPainting knows the zip archives of painters; torch's files are zip archives, too.
func isPainting(b []byte) bool {
	return bytes.HasPrefix(b, []byte("PK\x03\x04")) && (bytes.Contains(b, []byte("mimetypeimage/openraster")) || bytes.Contains(b, []byte("mimetypeapplication/x-krita")))
}

// plainText says whether bytes are text and no length of a header, which has zeros.
func plainText(b []byte) bool {
	for len(b) > 0 {
		r, n := utf8.DecodeRune(b)
		if r == utf8.RuneError && n == 1 && len(b) >= utf8.UTFMax || r < ' ' && r != '\n' && r != '\r' && r != '\t' {
			return false
		}
		b = b[n:]
	}
	return true
}

// cut is the beginning of a text, in one line.
func cut(s string) string {
	s = strings.Join(strings.Fields(s), " ")
	if len(s) > shown {
		s = strings.ToValidUTF8(s[:shown], "") + "…"
	}
	return s
}

// stranger is a kind of file that isn't a checkpoint: pieces of tensors' names that tell it,
// how it is called, and what to do with it.
type stranger struct {
	kind, words, advice string
	pieces              []string
}

// strangers in the order in which they are searched.
var strangers = []stranger{
	{"adapter", "a LoRA or another adapter, which changes a model", "Put it in a folder named Lora next to your models and write <lora:NAME:1> into the prompt.",
		[]string{"lora_up.", "lora_down.", ".lora_A.", ".lora_B.", ".lora.up.", "hada_w1", "lokr_w", "oft_", ".diff_b", "dora_scale", "ia3"}},
	{"ip_adapter", "an IP-Adapter, which steers a model by pictures", "Open the model that it was made for.", []string{"ip_adapter.", "image_proj."}},
	{"controlnet", "a ControlNet, which steers a model", "Open the model that it was made for.", []string{"control_model.", "controlnet_", "zero_convs.", "input_hint_block."}},
	{"t2i_adapter", "a T2I-Adapter, which steers a model", "Open the model that it was made for.", []string{"body.0.in_conv.", "body.0.block2.", "adapter.body.", ".down_opt."}},
	{"embedding", "an embedding (textual inversion): new words for a model", "Open the model that it was made for.", []string{"emb_params", "string_to_param"}},
	{"face_restorer", "a network that restores faces", "Open a picture and choose Restore faces… in the menu Image: it uses such files.", []string{"stylegan_decoder.", "ft_layers.0.self_attn."}},
	{"upscaler", "an upscaler, which enlarges pictures", "Open a picture and choose Enlarge… in the menu Image: it uses upscalers.", []string{"RDB1.conv1.", "rdb1.conv1.", "residual_group.", "conv_up1.", "upconv1.", "body.0.rdb", "conv_before_upsample."}},
	{"tiny_vae", "a tiny autoencoder (TAESD), which makes previews", "Open the model that it was made for.", []string{"taesd_", "decoder.layers.1.conv.", "encoder.layers.1.conv."}},
	{"vae", "an autoencoder (VAE), which belongs to a model", "Open the model and give it this file as its VAE.", []string{"decoder.conv_in.weight", "decoder.up_blocks.0"}},
	{"text_encoder", "a text encoder, which belongs to a model", "Open the model and give it this file as its text encoder.", []string{"text_model.encoder.layers.0", "transformer.resblocks.0.", "encoder.block.0.layer.0"}},
	{"denoiser", "a denoiser alone, without text encoder and autoencoder", "Open the whole model, or its diffusers folder.", []string{"input_blocks.0.0.weight", "down_blocks.0.resnets.", "double_blocks.0.", "joint_blocks.0.", "transformer_blocks.0.attn"}},
}

// strangerOf finds what a file without a denoiser of its own is; ok is false for none known.
func (s *source) strangerOf() (k stranger, ok bool) {
	if s.parts["denoiser"] != nil {
		return k, false
	}
	names := s.looseNames()
	if len(names) > 0 && len(names) <= 4 && s.parts["vae"] == nil && slices.ContainsFunc(names, func(n string) bool { return n == "clip_l" || n == "clip_g" }) {
		return kindOf("embedding"), true
	}
	if len(names) == 1 && len(s.loose[names[0]].Shape) == 1 && strings.HasPrefix(names[0], "<") && strings.HasSuffix(names[0], ">") {
		return kindOf("embedding"), true // diffusers' learned_embeds.bin: the word and its vector
	}
	if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !layerOfTAESD.MatchString(n) }) {
		return kindOf("tiny_vae"), true
	}
	if len(names) > 0 && !slices.ContainsFunc(names, func(n string) bool { return !layerOfSRVGG.MatchString(n) }) {
		return kindOf("upscaler"), true
	}
	for _, k := range strangers {
		for _, name := range names {
			if slices.ContainsFunc(k.pieces, func(piece string) bool { return strings.Contains(name, piece) }) {
				return k, true
			}
		}
	}
	if s.parts["vae"] != nil && s.parts["text_encoder"] == nil {
		return kindOf("vae"), true
	}
	return k, false
}

// layerOfTAESD are the names in the original files of a tiny autoencoder: numbered layers.
var layerOfTAESD = regexp.MustCompile(`^\d+\.(conv\.\d+\.|skip\.)?(weight|bias)$`)

// layerOfSRVGG are the names in the files of Real-ESRGAN's compact networks.
var layerOfSRVGG = regexp.MustCompile(`^(params_ema\.|params\.)?body\.\d+\.(weight|bias)$`)

func kindOf(kind string) stranger {
	return strangers[slices.IndexFunc(strangers, func(k stranger) bool { return k.kind == kind })]
}

func (s *source) looseNames() []string {
	names := make([]string, 0, len(s.loose))
	for name := range s.loose {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// named says what a file is that was opened for a checkpoint, where that is known, in place
// of what it lacks.
func (s *source) named(err error) error {
	if k, ok := s.strangerOf(); ok {
		return &Error{Path: s.path, Err: fmt.Errorf("this is %s; want a checkpoint", k.words), Advice: k.advice}
	}
	if d := s.parts["denoiser"]; d != nil && s.parts["text_encoder"] == nil && s.parts["text_encoder_2"] != nil {
		return &Error{Path: s.path, Err: errors.New("this is a refiner of Stable Diffusion XL, which finishes what a base model began; want a base model"), Advice: "Open the base model."}
	}
	if missing := s.lacks(); missing != nil {
		return &Error{Path: s.path, Err: missing, Advice: missing.Hint()}
	}
	return err
}

func advice(err error) string {
	if errors.Is(err, os.ErrNotExist) {
		return "Check the path; the model may have been moved."
	}
	return fault.Hint(err)
}
