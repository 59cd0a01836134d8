package main

import (
	_ "embed"

	"pentimento/pipeline/pipelinetest"
)

// torchProgram is the same denoiser in PyTorch.
//
//go:embed unet.py
var torchProgram string

// plan is a model and what is measured with it.
type plan struct {
	model   *pipelinetest.Model
	sizes   []int // of square pictures
	batches []int
	steps   int
}

func (p plan) context() int { return p.model.Unet.Context }

// plansOf are the models of a name: the two families at full size, or in miniature.
func plansOf(nets string) ([]plan, bool) {
	switch nets {
	case "full":
		return []plan{
			{pipelinetest.Full(), []int{512, 1024}, []int{1, 2, 8}, 20},
			{pipelinetest.FullXL(), []int{512, 1024}, []int{1, 2, 8}, 20},
		}, true
	case "tiny":
		return []plan{
			{pipelinetest.Miniature("tiny15"), []int{64, 128}, []int{1, 2}, 2},
			{pipelinetest.Miniature("tinyxl"), []int{64}, []int{1}, 2},
		}, true
	}
	return nil, false
}
