package pipeline

import (
	"fmt"
	"strconv"
	"strings"

	"pentimento/pipeline/metadata"
)

// whereSettings are the files and the machine that a run uses, and the size it works at.
var whereSettings = []Setting{
	{ID: "model", Name: "Model", Flag: "model", Help: "the checkpoint: a .safetensors, .ckpt or .gguf `FILE` or a diffusers folder; without it the Starter (a toy to try the tools with)",
		NoPanel: "a button opens a checkpoint",
		record:  func(f *metadata.Fill) any { return &f.Model },
		Path:    true,
		Value:   phrase(func(q *Request) *string { return &q.Model })},
	{ID: "text_encoder", Name: "Text encoder", Label: "Encoder", Flag: "text-encoder", Help: "a text encoder's `FILE` of its own, for a model without one, or in place of the model's; by path, or by name in a folder near the model", Panel: Folded,
		Key: "Text encoder", Path: true, OfModel: true,
		Value: phrase(func(q *Request) *string { return &q.TextEncoder })},
	{ID: "text_encoder_2", Name: "Second text encoder", Label: "… second", Flag: "text-encoder-2", Help: "likewise the other `FILE` of a model with two (SDXL)", Panel: Folded,
		Key: "Text encoder 2", Path: true, OfModel: true,
		Value: phrase(func(q *Request) *string { return &q.TextEncoder2 })},
	{ID: "vae", Name: "VAE", Flag: "vae", Help: "a separate VAE `FILE`, by path, or by name in a folder near the model", Panel: Folded,
		record: func(f *metadata.Fill) any { return &f.VAE },
		Path:   true, OfModel: true,
		Value: phrase(func(q *Request) *string { return &q.VAE })},
	{ID: "prediction", Name: "Prediction", Flag: "prediction", Help: "what the model predicts, and whether its noise levels end in pure noise; without it the model's own word", Panel: Folded,
		Key: "Prediction", recall: predictionOf, OfModel: true,
		Value: option(func(q *Request) *string { return &q.Prediction }, Choice{Name: "Automatic"}, Choice{Name: "Noise (epsilon)", Value: PredictEpsilon, Foreign: "epsilon", Also: []string{"eps"}},
			Choice{Name: "Velocity (v)", Value: PredictV, Foreign: "v", Also: []string{"v_prediction"}}, Choice{Name: "Velocity, zero-terminal SNR", Value: PredictVZero, Foreign: "v"})},
	{ID: "size", Name: "Size", Flag: "size", Help: "`WxH` the network works at; the model's own choice without it. What generate makes larger than the model likes is drafted small and refined",
		NoPanel: "the frame says how large the picture is, and the plan at what size it is worked",
		record:  byHand,
		Value:   Value{Kind: Words, get: sizeText, set: setSize}},
	{ID: "preview", Name: "Preview", NoFlag: "the verbs show no previews", Help: "how a picture is shown while it is made: by a tiny autoencoder (TAESD) where one lies near the model or is chosen, or in rough colours straight from the latent", Private: true, Panel: Folded,
		Value: option(func(q *Request) *string { return &q.Where.Preview }, Choice{Name: "Tiny autoencoder"}, Choice{Name: "Linear", Value: PreviewLinear}, Choice{Name: "None", Value: PreviewNone})},
	{ID: "preview_file", Name: "Tiny autoencoder", Label: "… file", NoFlag: "the verbs show no previews", Help: "the file of the tiny autoencoder for previews of this model; without it the first one near the model, such as taesd_decoder or taesdxl_decoder in a folder vae_approx", Private: true, Panel: Folded, Path: true, OfModel: true,
		When:  func(q Request) bool { return q.Where.Preview == "" },
		Value: phrase(func(q *Request) *string { return &q.Where.PreviewFile })},
	{ID: "device", Name: "Device", Flag: "device", Help: "`NAME` of the device; see the verb devices", Private: true,
		NoPanel: "the menu chooses it for all fills",
		Value:   phrase(func(q *Request) *string { return &q.Device })},
	{ID: "threads", Name: "Threads", Flag: "threads", Help: "CPU threads; 0 is one per core", Private: true,
		NoPanel: "the window uses one per core",
		Default: "0",
		Value:   number(func(q *Request) *int { return &q.Threads }, 0, 1024, Slider{})},
	{ID: "low_memory", Name: "Low memory", Flag: "low-memory", Help: "keep one network in memory at a time", Private: true,
		NoPanel: "the window keeps a budget of memory for all models",
		Default: "false",
		Value:   yesNo(func(q *Request) *bool { return &q.LowMemory })},
	{ID: "memory", Name: "Memory", Flag: "memory", Help: "use at most `N` GB for networks: they make room for one another, what is larger is read in parts (slower), and large pictures are decoded in tiles; 0: no limit", Private: true,
		NoPanel: "the window keeps a budget of memory for all models",
		Default: "0",
		Value:   number(func(q *Request) *float64 { return &q.Memory }, 0, 4096, Slider{})},
	{ID: "half", Name: "Half precision", Flag: "half", Help: "compute in half precision on graphics cards that have it, in half the memory: `WHEN`; without it models whose files are in half precision do, and others where --memory is too little for them", Private: true,
		NoPanel: "what fits the model's file is right for nearly everybody",
		Value:   option(func(q *Request) *string { return &q.Half }, Choice{Name: "As the file"}, Choice{Name: "Always", Value: HalfAlways}, Choice{Name: "Never", Value: HalfNever})},
	{ID: "capture", Name: "Graph capture", Flag: "capture", Help: "have a graphics card record an evaluation of the denoiser and repeat it (CUDA, WebGPU), where it passes a self-test: `WHEN`; without it once 32 evaluations in a row had the same sizes", Private: true,
		NoPanel: "it changes nothing but the time, and is right where it is worth it",
		Value:   option(func(q *Request) *string { return &q.Capture }, Choice{Name: "Where it is worth it"}, Choice{Name: "Always", Value: CaptureAlways}, Choice{Name: "Never", Value: CaptureNever})},
}

// A1111's key and word for noise levels that end in pure noise.
const keyNoiseSchedule, zeroTerminal = "Noise Schedule", "Zero Terminal SNR"

// predictionOf reads a recipe's prediction; A1111 says of it only how the levels end, which is
// used with velocities alone.
func predictionOf(v *Value, r *metadata.Recipe) string {
	text := v.read(r.Value("Prediction"))
	if strings.EqualFold(r.Value(keyNoiseSchedule), zeroTerminal) && text != PredictEpsilon {
		return PredictVZero
	}
	return text
}

// maxSize bounds both sides of the size that a network works at.
const maxSize = 8192

func sizeText(q *Request) string {
	if q.Width == 0 && q.Height == 0 {
		return ""
	}
	return fmt.Sprintf("%dx%d", q.Width, q.Height)
}

func setSize(q *Request, text string) error {
	if text == "" {
		q.Width, q.Height = 0, 0
		return nil
	}
	a, b, _ := strings.Cut(strings.ToLower(text), "x")
	w, errW := strconv.Atoi(a)
	h, errH := strconv.Atoi(b)
	if errW != nil || errH != nil || w < 8 || h < 8 || w > maxSize || h > maxSize {
		return fmt.Errorf("want WxH with sides from 8 to %d", maxSize)
	}
	q.Width, q.Height = w, h
	return nil
}
