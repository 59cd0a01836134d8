package merge

import (
	"fmt"
	"path/filepath"

	"pentimento/fault"
	"pentimento/pipeline/checkpoint"
)

// vaePrefix is what the autoencoder's keys begin with in a checkpoint of one file.
const vaePrefix = "first_stage_model."

// openVAE finds the tensors of the autoencoder that is baked in, by A's keys.
func (j *Job) openVAE() error {
	if j.VAE == "" {
		return nil
	}
	c, err := checkpoint.Open(j.A, checkpoint.Options{VAE: j.VAE})
	if err != nil {
		return err
	}
	j.vae = map[string]checkpoint.Tensor{}
	for key, a := range j.files[0] {
		if !j.isVAE(key) || !a.IsFloat() {
			continue
		}
		t, ok := c.VAE.Tensors[key[len(vaePrefix):]]
		if !ok || t.Count() != a.Count() || !t.IsFloat() {
			return fault.New(fmt.Sprintf("the VAE %q has no %q with %d values", filepath.Base(j.VAE), key[len(vaePrefix):], a.Count()),
				"It is that of another kind of model.")
		}
		j.vae[key] = t
	}
	if len(j.vae) == 0 {
		return fault.New("model A has no VAE to put another in place of", "Merge without a VAE; it can be chosen beside the model.")
	}
	return nil
}
