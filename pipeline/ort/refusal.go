package ort

import (
	"errors"
	"fmt"
	"os/exec"
	"strings"

	"pentimento/pipeline/model"
)

// refusal is why a device is not used, in our own words. What a library or a driver said
// is a detail behind them: it names files of its maker's machine, or warns of something else.
type refusal struct {
	why  string
	said error // may be nil
}

func (f *refusal) Error() string {
	if d := detail(f.said); d != "" {
		return f.why + " (details: " + d + ")"
	}
	return f.why
}

func (f *refusal) Unwrap() error { return f.said }

// detail is the last line of what was said that has any text, where errors stand that
// warnings came before; of a child, it prefers what the child wrote over how it ended.
func detail(err error) string {
	if err == nil {
		return ""
	}
	said := ""
	if child := (*exec.ExitError)(nil); errors.As(err, &child) {
		said = lastLine(string(child.Stderr))
	}
	if said == "" {
		said = lastLine(err.Error())
	}
	said = strings.TrimPrefix(strings.TrimPrefix(said, "pentimento: "), "devices: ")
	if i := strings.LastIndex(said, failedCheck); i >= 0 { // a place in its source, and what was to be true there
		said = said[i+len(failedCheck):]
	}
	if len(said) > 200 {
		said = strings.ToValidUTF8(said[:200], "") + "…"
	}
	return said
}

const failedCheck = " was false. "

// failedTest is why a device is refused whose self-test ended with err: in words of ours where
// what it says means one thing only.
func failedTest(err error) *refusal {
	all := err.Error()
	if child := (*exec.ExitError)(nil); errors.As(err, &child) {
		all += string(child.Stderr)
	}
	f := &refusal{selfTestFailed, err}
	switch {
	case strings.Contains(all, "dml_provider_factory"), strings.Contains(all, "DXGI factory"): // where its device is made, on Windows WebGPU's too
		f.why += ": no graphics card here has a DirectX 12 driver that it can use"
	case strings.Contains(all, "No supported adapters"):
		f.why += ": no graphics card here has a driver that it can use"
		if strings.Contains(all, "ArrayDynamicIndexing") {
			f.why += " (drawing in software, Mesa's llvmpipe, is not enough)"
		}
	}
	return f
}

func lastLine(s string) string {
	s = strings.TrimSpace(strings.ToValidUTF8(s, "?"))
	return strings.TrimSpace(s[strings.LastIndexByte(s, '\n')+1:])
}

// tellOnce says that a device is not used and which one is instead: once for each reason
// while the program runs, not for each network of each picture.
func (r *Runtime) tellOnce(o model.Options, device, instead string, why error) {
	words, details := why.Error(), ""
	if f := (*refusal)(nil); errors.As(why, &f) {
		words = f.why
		if d := detail(f.said); d != "" {
			details = ". Details: " + d
		}
	}
	r.mu.Lock()
	key := device + ": " + words
	known := r.told[key]
	r.told[key] = true
	r.mu.Unlock()
	if !known && strings.HasPrefix(words, selfTestFailed) && instead == "cpu" && o.Device == "" && r.config.Device == "" {
		r.notice(o, model.NoCard)
	} else if !known {
		r.notice(o, fmt.Sprintf("%s: %s; using %s instead%s", label(device), words, label(instead), details))
	}
}
