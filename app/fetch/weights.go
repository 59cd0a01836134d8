package fetch

import (
	"context"
	"fmt"
	"net/url"
	"path"
	"path/filepath"
	"strings"

	"pentimento/pipeline/graph"
)

// ONNX models of more than 2 GB, and many smaller ones, keep their weights in files beside them
// (.onnx_data, weights.pb), whose names stand in the model: without them it is of no use.

// weights fetches what an ONNX model of Hugging Face keeps beside it.
func (c *Client) weights(ctx context.Context, w Want, o Options, got *Got) error {
	u, err := url.Parse(w.URL)
	if err != nil || w.Of != "" || !strings.EqualFold(filepath.Ext(got.Path), ".onnx") || !isUnder(c.HuggingFace, u) {
		return nil
	}
	names, err := graph.Outside(got.Path)
	if err != nil {
		return fmt.Errorf("%s: %w", w.Label(), err)
	}
	for _, name := range names {
		name = filepath.ToSlash(name)
		at := u.JoinPath("..", name) // the reader takes names within the folder alone
		dir, file := path.Split(name)
		with := Want{From: path.Dir(strings.TrimPrefix(w.From, "hf:")) + "/" + name, URL: at.String(), Of: w.URL, Title: w.Label() + " (" + file + ")", Name: SafeName(file), Below: filepath.Join(w.Below, filepath.FromSlash(dir)), Licence: w.Licence}
		if file != with.Name {
			return fmt.Errorf("%s: keeps its weights in a file called %q, which can't be a file's name here", w.Label(), file)
		}
		o.Anew = false
		came, err := c.one(ctx, with, o)
		if err != nil {
			return err
		}
		got.Beside, got.There = append(got.Beside, came.Path), got.There && came.There
	}
	return nil
}
