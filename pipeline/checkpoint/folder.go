package checkpoint

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
)

// The limits on a folder's JSON files.
const (
	maxConfig = 1 << 20
	maxIndex  = 16 << 20
	maxShards = 256
)

// configs are the JSON files of a diffusers folder, as far as they say what shapes do
// not. All fields are optional; a nil pointer means the file is not there.
type configs struct {
	index     *indexConfig
	unet      *unetConfig
	vae       *vaeConfig
	text      map[string]*textConfig
	scheduler *schedulerConfig
	yaml      *yamlParams // of a single file
}

type indexConfig struct {
	Class string `json:"_class_name"`
}

type unetConfig struct {
	HeadDim    intList `json:"attention_head_dim"` // heads, despite its name
	Heads      intList `json:"num_attention_heads"`
	SampleSize intList `json:"sample_size"`
	Groups     int64   `json:"norm_num_groups"`
	Act        string  `json:"act_fn"`
}

type vaeConfig struct {
	Scale  float64 `json:"scaling_factor"`
	Shift  float64 `json:"shift_factor"`
	Groups int64   `json:"norm_num_groups"`
	Act    string  `json:"act_fn"`
}

type textConfig struct {
	Heads    int64  `json:"num_attention_heads"`
	Act      string `json:"hidden_act"`
	EndToken int64  `json:"eos_token_id"`
}

type schedulerConfig struct {
	Prediction string  `json:"prediction_type"`
	Kind       string  `json:"beta_schedule"`
	Start      float64 `json:"beta_start"`
	End        float64 `json:"beta_end"`
	Steps      int     `json:"num_train_timesteps"`
	ZeroSNR    bool    `json:"rescale_betas_zero_snr"`
	Shift      float64 `json:"shift"`
}

// intList is a number or a list of numbers, each from 0 to 1<<20; null is the empty list.
type intList []int64

// UnmarshalJSON implements json.Unmarshaler.
func (l *intList) UnmarshalJSON(b []byte) error {
	var one int64
	var many []int64
	if err := json.Unmarshal(b, &many); err != nil {
		if err := json.Unmarshal(b, &one); err != nil {
			return errors.New("want a whole number or a list of them")
		}
		many = []int64{one}
	}
	for _, v := range many {
		if v < 0 || v > 1<<20 || len(many) > 64 {
			return fmt.Errorf("number %d or a list of %d is out of range", v, len(many))
		}
	}
	*l = many
	return nil
}

// decodeConfig reads one JSON object of at most limit bytes, with nothing after it.
func decodeConfig(r io.Reader, limit int64, into any) error {
	b, err := io.ReadAll(io.LimitReader(r, limit+1))
	if err != nil {
		return err
	}
	if int64(len(b)) > limit {
		return fmt.Errorf("more than %d bytes", limit)
	}
	return json.Unmarshal(b, into)
}

// readConfig reads dir/name; a missing file leaves into as it is and is reported as false.
func readConfig(path string, limit int64, into any) (bool, error) {
	info, err := os.Stat(path)
	if errors.Is(err, os.ErrNotExist) {
		return false, nil
	}
	if err != nil {
		return false, err
	}
	if !info.Mode().IsRegular() {
		return false, fmt.Errorf("%q is not a regular file", path)
	}
	f, err := os.Open(path)
	if err != nil {
		return false, err
	}
	defer f.Close()
	if err := decodeConfig(f, limit, into); err != nil {
		return false, fmt.Errorf("config %q: %w", filepath.Base(filepath.Dir(path))+"/"+filepath.Base(path), err)
	}
	return true, nil
}

// loadConfig is readConfig for an optional file: nil when it is not there.
func loadConfig[T any](path string) (*T, error) {
	c := new(T)
	ok, err := readConfig(path, maxConfig, c)
	if !ok {
		return nil, err
	}
	return c, nil
}

// readFolder reads a diffusers folder.
func readFolder(dir string) (*source, error) {
	s := &source{path: dir, layout: "folder", parts: map[string]*Part{}, metadata: map[string]string{}, loose: map[string]Tensor{}}
	var err error
	if s.configs.index, err = loadConfig[indexConfig](filepath.Join(dir, "model_index.json")); err != nil {
		return nil, err
	}
	if s.configs.index == nil {
		return nil, fmt.Errorf("folder has no model_index.json, so it isn't a diffusers model")
	}
	if s.configs.unet, err = loadConfig[unetConfig](filepath.Join(dir, "unet", "config.json")); err != nil {
		return nil, err
	}
	if s.configs.vae, err = loadConfig[vaeConfig](filepath.Join(dir, "vae", "config.json")); err != nil {
		return nil, err
	}
	if s.configs.scheduler, err = loadConfig[schedulerConfig](filepath.Join(dir, "scheduler", "scheduler_config.json")); err != nil {
		return nil, err
	}
	if s.configs.vae == nil {
		if s.configs.vae, err = loadConfig[vaeConfig](filepath.Join(dir, "vae_decoder", "config.json")); err != nil {
			return nil, err
		}
	}
	s.configs.text = map[string]*textConfig{}
	for _, c := range []struct{ role, folder string }{
		{"denoiser", "unet"}, {"vae", "vae"}, {"text_encoder", "text_encoder"}, {"text_encoder_2", "text_encoder_2"},
	} {
		read := s.component
		if !hasWeights(filepath.Join(dir, c.folder)) {
			read = s.onnxOr
		}
		if err := read(c.role, filepath.Join(dir, c.folder)); err != nil {
			return nil, err
		}
		if !strings.HasPrefix(c.role, "text") || s.parts[c.role] == nil {
			continue
		}
		if s.configs.text[c.role], err = loadConfig[textConfig](filepath.Join(dir, c.folder, "config.json")); err != nil {
			return nil, err
		}
		if t := filepath.Join(dir, strings.Replace(c.folder, "text_encoder", "tokenizer", 1)); isFile(filepath.Join(t, "merges.txt")) {
			s.tokenizers = append(s.tokenizers, t)
		}
	}
	return s, nil
}

// hasWeights says whether a component folder has weights that are read as such.
func hasWeights(dir string) bool {
	return slices.ContainsFunc(weightNames, func(n string) bool { return isFile(filepath.Join(dir, n)) })
}

// onnxOr reads a part of ONNX models; where there is none, component says what is wrong.
func (s *source) onnxOr(role, dir string) error {
	if err := s.onnx(role, filepath.Dir(dir)); err != nil || s.parts[role] != nil {
		return err
	}
	return s.component(role, dir)
}

// component reads the weights of one sub-folder, if it is there.
func (s *source) component(role, dir string) error {
	if _, err := os.Stat(dir); errors.Is(err, os.ErrNotExist) {
		return nil
	}
	tensors, files, err := readWeights(dir, s.metadata)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(dir), err)
	}
	p, err := fromFolder(role, tensors)
	if err != nil {
		return fmt.Errorf("%s: %w", filepath.Base(dir), err)
	}
	s.parts[role] = p
	for _, f := range files {
		if !slices.Contains(s.files, f) {
			s.files = append(s.files, f)
		}
	}
	return nil
}

// weightNames are the files a component's weights may be in, the best first: full
// precision before fp16, one file before shards of the same, torch's own files last.
var weightNames = []string{
	"diffusion_pytorch_model.safetensors", "model.safetensors",
	"diffusion_pytorch_model.safetensors.index.json", "model.safetensors.index.json",
	"diffusion_pytorch_model.fp16.safetensors", "model.fp16.safetensors",
	"diffusion_pytorch_model.safetensors.index.fp16.json", "model.safetensors.index.fp16.json",
	"diffusion_pytorch_model.fp16.safetensors.index.json", "model.fp16.safetensors.index.json",
	"diffusion_pytorch_model.bin", "pytorch_model.bin", "diffusion_pytorch_model.bin.index.json", "pytorch_model.bin.index.json",
	"diffusion_pytorch_model.fp16.bin", "pytorch_model.fp16.bin",
}

func isDir(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir()
}

func isFile(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.Mode().IsRegular()
}

// readWeights finds and reads the weights of one component folder, whole or in shards.
func readWeights(dir string, metadata map[string]string) ([]Tensor, []File, error) {
	name := ""
	for _, n := range weightNames {
		if isFile(filepath.Join(dir, n)) {
			name = n
			break
		}
	}
	switch {
	case name == "":
		return nil, nil, fmt.Errorf("has no weights: want %s or %s", weightNames[0], weightNames[1])
	case strings.HasSuffix(name, ".json"):
		return readShards(dir, name)
	}
	h, err := readFile(filepath.Join(dir, name))
	if err != nil {
		return nil, nil, err
	}
	for k, v := range h.metadata {
		metadata[k] = v
	}
	return h.tensors, []File{h.file}, nil
}

// readShards reads the files a sharded index names, each a plain name in the same folder.
func readShards(dir, name string) ([]Tensor, []File, error) {
	var index struct {
		Map map[string]string `json:"weight_map"`
	}
	if _, err := readConfig(filepath.Join(dir, name), maxIndex, &index); err != nil {
		return nil, nil, err
	}
	var shards []string
	for _, file := range index.Map {
		if !filepath.IsLocal(file) || filepath.Base(file) != file {
			return nil, nil, fmt.Errorf("%s names the file %q, want a file in the same folder", name, file)
		}
		if !slices.Contains(shards, file) {
			shards = append(shards, file)
		}
		if len(shards) > maxShards || len(index.Map) > MaxTensors {
			return nil, nil, fmt.Errorf("%s names more than %d files or %d tensors", name, maxShards, MaxTensors)
		}
	}
	slices.Sort(shards)
	var tensors []Tensor
	var files []File
	for _, shard := range shards {
		h, err := readFile(filepath.Join(dir, shard))
		if err != nil {
			return nil, nil, fmt.Errorf("shard %s: %w", shard, err)
		}
		files = append(files, h.file)
		for _, t := range h.tensors {
			if index.Map[t.Key] != shard {
				return nil, nil, fmt.Errorf("shard %s holds tensor %q, which %s places in %q", shard, t.Key, name, index.Map[t.Key])
			}
			delete(index.Map, t.Key)
			tensors = append(tensors, t)
		}
		if len(tensors) > MaxTensors {
			return nil, nil, fmt.Errorf("%s: more than %d tensors", name, MaxTensors)
		}
	}
	for key, shard := range index.Map {
		return nil, nil, fmt.Errorf("tensor %q is missing from shard %s", key, shard)
	}
	return tensors, files, nil
}

// readVAE reads a separate VAE: a folder of a diffusers VAE, a whole model, or a single
// file in any of the three namings in use.
func readVAE(path string) (*source, error) {
	abs, err := filepath.Abs(path)
	if err != nil {
		return nil, err
	}
	if info, err := os.Stat(abs); err == nil && info.IsDir() && !isFile(filepath.Join(abs, "model_index.json")) {
		s := &source{path: abs, layout: "folder", parts: map[string]*Part{}, metadata: map[string]string{}}
		if s.configs.vae, err = loadConfig[vaeConfig](filepath.Join(abs, "config.json")); err != nil {
			return nil, err
		}
		return s, s.component("vae", abs)
	}
	s, err := read(abs)
	if err != nil || s.parts["vae"] != nil {
		return s, err
	}
	return s, s.bareVAE()
}

// bareVAE makes a VAE of the tensors of a file that holds nothing else.
func (s *source) bareVAE() error {
	if _, ok := s.loose["decoder.conv_in.weight"]; !ok {
		return nil
	}
	ts := make([]Tensor, 0, len(s.loose))
	diffusers := false
	for _, t := range s.loose {
		diffusers = diffusers || strings.HasPrefix(t.Key, "decoder.mid_block.")
		ts = append(ts, t)
	}
	sortTensors(ts)
	p := &Part{Role: "vae", Tensors: map[string]Tensor{}}
	if diffusers {
		var err error
		if p, err = fromFolder("vae", ts); err != nil {
			return err
		}
	} else {
		for _, t := range ts {
			if !strings.HasPrefix(t.Key, "loss.") && !strings.HasPrefix(t.Key, "model_ema.") { // left over from its training
				p.Tensors[t.Name] = t
			}
		}
	}
	s.parts["vae"] = p
	return nil
}
