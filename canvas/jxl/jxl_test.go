//go:build linux || darwin || freebsd

package jxl

import (
	"context"
	"strings"
	"testing"

	"pentimento/fault"
)

// Without the library the form is named, and what to install.
func TestMissingLibrary(t *testing.T) {
	was := loaded
	defer func() { loaded = was }()
	loaded = func() *library { return nil }
	for _, try := range []func() error{
		func() error { _, err := Read([]byte("\xff\x0a")); return err },
		func() error { _, err := Decode(context.Background(), []byte("\xff\x0a"), nil); return err },
	} {
		if err := try(); err == nil || !strings.Contains(err.Error(), "JPEG XL") || !strings.Contains(fault.Hint(err), "install libjxl") {
			t.Errorf("%v (%s)", err, fault.Hint(err))
		}
	}
}
