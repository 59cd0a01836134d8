// Package family holds the model families as values: for each, how its files are recognised,
// how a prompt becomes what its denoiser reads, how its networks are opened, what their
// predictions mean, and the facts that people and planning need. Package pipeline runs any of
// them and names none.
//
// Start reading at Family, then sd1.go (a row), stable.go and cliptext.go (what the three
// families of Stable Diffusion share).
//
// # Add a family
//
//  1. The network: a package beside unet that builds a graph.Graph from the weights and wraps
//     the session as a Go function. Its tests hold it against reference vectors. An
//     autoencoder or text encoder of a new kind likewise; what exists is used again.
//  2. The file here, named for the family, with one Family value. Its checkpoint.Family
//     says how single files are split into parts (Prefixes), which of them are its own (Is),
//     and what their shapes mean (Settle). Its functions open the networks; what they return
//     need not be more than an adapter of a few lines: see unetDenoiser. A model.Session with
//     its optional interfaces is what most of Denoiser's methods come from: see model.Handle.
//     Is and Settle see the tensors of parts only: one that merely marks the family needs a Prefix that
//     puts it into a part, and a network that does not refuse it (Builder.Unused).
//  3. The row: its name in Families. Rows are searched in order; the first whose Is agrees
//     has the file.
//
// Nothing else names a family: sizes, previews, memory, guidance, records and replays follow
// from the value. A test may append a row for as long as it runs; package pipeline's does so
// with familytest.Fourth, whose prediction, latents, codec and text are all of another kind.
//
// Decisions.
// 2026-11-27: a Family is a struct of values and functions, not an interface: most rows
// share most functions, and a missing one is nil, which has a meaning.
// 2026-11-27: a room of its own above the networks: package checkpoint, which recognises the
// files, may import no network, and package pipeline should name no family. Recognition is
// the part of the value that checkpoint gets (checkpoint.Options.Families).
// 2026-11-27: networks are opened through functions of the row, kept by the caller (the
// shelf) as interfaces: a family does not know how long its networks stay open.
package family

import (
	"context"
	"image"

	"pentimento/pipeline/checkpoint"
	"pentimento/pipeline/denoise"
	"pentimento/pipeline/graph"
	"pentimento/pipeline/model"
	"pentimento/pipeline/prompt"
	"pentimento/pipeline/region"
	"pentimento/pipeline/sampler"
	"pentimento/pipeline/tensor"
	"pentimento/pipeline/unet"
	"pentimento/pipeline/vae"
)

// Families is the table, in the order it is searched.
var Families = []*Family{SDXL, SD1, SD2}

// Family is a row: one family of models. It does not change, and its functions may be called
// from any goroutine.
type Family struct {
	*checkpoint.Family // its name, how its files are recognised, what they mean

	// Text reads prompts for a run of a model.
	Text func(m *Model, h Host, o TextOptions) (Text, error)
	// OpenText opens text encoder i, where Text asks its Host for one; nil: it asks for none.
	OpenText func(ctx context.Context, o Opening, i int) (Network, error)
	// OpenDenoiser opens the denoiser.
	OpenDenoiser func(ctx context.Context, o Opening) (Denoiser, error)
	Codec        Codec
	// Inside says that its denoisers can be opened to do otherwise within (Opening.Inside).
	Inside bool
	// Skips is at how many skip connections a model's denoiser can be cut in two; nil: at none.
	Skips func(m *Model) int

	// Space is what its predictions mean; nil: what denoise.FindSpace says of a model's.
	Space *denoise.Space
	// Levels are the noise levels for a picture of a size in pixels and a number of steps;
	// nil: those of the model's Schedule, whatever the size.
	Levels func(m *Model, size image.Point, steps int) *sampler.Levels
	// Automatic is the noise schedule for requests that name none; "": the sampler's own.
	Automatic string

	// Fidelity is what the fidelity of a reference counts for with its models; nil: itself.
	Fidelity func(f float64) float64

	// Suggested is what its models are best used with where they do not say.
	Suggested Suggestion
	// Ignores are the IDs of pipeline.Settings that do nothing for its models.
	Ignores []string
	// Limits are the sizes a model was trained for.
	Limits func(m *Model) region.Limits
	// Preview maps each channel of a latent to red, green and blue in [-1, 1]; a row more is
	// a constant.
	Preview [][3]float32
	// Small is how the names of its small decoders' files begin ("taesdxl"); "": it has none.
	// The longest beginning among all families counts.
	Small string
}

// Suggestion is the numbers that models are best used with; zero where nothing is said.
type Suggestion struct {
	Steps    int     `json:"steps"`
	CFG      float64 `json:"cfg"`
	Sampler  string  `json:"sampler"`
	Schedule string  `json:"schedule"`
}

// Codec is how the autoencoder of a family is used.
type Codec struct {
	// Factor is how many picture pixels one latent place spans along each side.
	Factor func(m *Model) int
	// Needs is what decoding a picture takes in addition to the weights, in bytes, with so many
	// allowed; nil: next to nothing.
	Needs       func(m *Model, width, height int, limit int64) int64
	OpenEncoder func(o Opening) (Encoder, error)
	OpenDecoder func(o Opening) (Decoder, error)
}

// Opening is how a network of a model is to be opened.
type Opening struct {
	Runtime    model.Runtime
	Checkpoint *checkpoint.Checkpoint
	Options    model.Options
	Variant    graph.Variant
	// Cut, where it is not 0, opens a denoiser in two graphs, at skip connection Cut−1 counted from
	// the shallowest: its Eval then minds Input.Deep and Input.Keep. At most Model.Skips.
	Cut int
	// Inside is what a denoiser is to do otherwise within; families whose Inside is false refuse it.
	Inside Inside
}

// Inside is what a denoiser can be opened to do otherwise within, the others parts of it.
type (
	Inside       = unet.Inside
	Shrink       = unet.Shrink
	Refine       = unet.Refine
	Reference    = unet.Reference
	ImageAdapter = unet.ImageAdapter
)

// CheckPerturbed says what is wrong with a list for Inside.PerturbAt, whatever the network.
func CheckPerturbed(list string) error { return unet.CheckPerturbed(list) }

// CheckRefine says what is wrong with a list of kinds of layers (Refine.At), whatever the network.
func CheckRefine(list string) error { return unet.CheckRefine(list) }

// CheckLayers says what is wrong with a list of layers (Refine.Layers), whatever the network.
func CheckLayers(list string) error { return unet.CheckLayers(list) }

// AllLayers is what Refine.Layers says for all.
const AllLayers = unet.AllLayers

// What Refine.At, Refine.Up and Refine.Down may name.
var (
	RefineKinds = unet.RefineKinds
	RefineUps   = unet.RefineUps
	RefineDowns = unet.RefineDowns
)

// Network is anything opened.
type Network interface{ Close() error }

// Denoiser is an opened denoiser. One goroutine may use it at a time.
type Denoiser interface {
	// Eval is a denoise.Network.
	Eval(ctx context.Context, in denoise.Input) (*tensor.Tensor, error)
	// Condition is a text as the network reads it, for a picture of a size in pixels.
	Condition(t Encoded, size image.Point) (denoise.Condition, error)
	// Guide sets the scale of guidance for the evaluations to come and says whether the
	// network reads it: then one evaluation without a negative prompt is all there is.
	Guide(scale float64) bool

	Packed() bool                               // see model.Former
	Use(ctx context.Context, packed bool) error // see model.Former
	Usual(ctx context.Context) error            // see model.Former
	Device() string                             // see model.Placed
	// Weigh replaces loose weights; see model.Weigher.
	Weigh(ctx context.Context, weights map[string]graph.Weight) error
	Network
}

// Encoder turns pictures [B,3,H,W] in [-1,1] into latents before scale and shift: the
// channels of the latent first; what follows, such as log-variances, is not read. Of a
// tiled picture B is 1. One goroutine may use it at a time.
type Encoder interface {
	Encode(ctx context.Context, picture *tensor.Tensor) (*tensor.Tensor, error)
	EncodeTiled(ctx context.Context, picture *tensor.Tensor, t vae.Tiling) (*tensor.Tensor, error)
	Network
}

// Decoder turns latents without scale and shift into pictures [B,3,H,W] of nominal range −1
// to 1. Of a tiled latent B is 1. One goroutine may use it at a time.
type Decoder interface {
	Decode(ctx context.Context, z *tensor.Tensor) (*tensor.Tensor, error)
	DecodeTiled(ctx context.Context, z *tensor.Tensor, t vae.Tiling) (*tensor.Tensor, error)
	Network
}

// Text turns the parts of a prompt into what a denoiser reads.
type Text interface {
	// Encode gives the states of one AND part of a prompt, rising by their ends.
	Encode(ctx context.Context, p prompt.Part) ([]Timed, error)
	// Window is what cuts a text into the windows of the first text encoder.
	Window() (prompt.Encoder, prompt.Spec)
}

// Encoded is a text as a denoiser reads it.
type Encoded struct {
	Context *tensor.Tensor // [1,n,W]
	Pooled  *tensor.Tensor // [1,P] where the family has one, else nil
}

// Timed is a text's state up to and including a step.
type Timed struct {
	Until int
	Text  Encoded
}

// TextOptions are a request's.
type TextOptions struct {
	ClipSkip int // 1: after the last layer
	Emphasis prompt.Emphasis
	// Embeddings are words of the run's own, which its texts may name; nil: texts are not read for
	// such names.
	Embeddings []Embedding
}

// Embedding is a word with vectors in place of tokens (textual inversion).
type Embedding struct {
	Name    string
	Vectors []*tensor.Tensor // [n,W] for each text encoder, n the same
}

// Host is what a run lends to a Text.
type Host interface {
	// Tokenizer is the vocabulary of text encoder i (CLIP's, or one of its kind that the
	// model brings) and its comma's id.
	Tokenizer(i int) (encode prompt.Encoder, comma int, err error)
	// TextNetwork is what OpenText opened. In low-memory mode it is good until the next call.
	TextNetwork(ctx context.Context, i int) (Network, error)
}
