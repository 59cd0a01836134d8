//go:build linux || darwin || freebsd

package jxl

import (
	"fmt"
	"sync"

	"github.com/ebitengine/purego"
)

// The functions of libjxl that are called, by their names without "JxlDecoder".
var names = []string{"Version", "Create", "Destroy", "SubscribeEvents", "SetKeepOrientation", "SetUnpremultiplyAlpha", "SetDecompressBoxes", "ProcessInput", "SetInput", "ReleaseInput", "CloseInput",
	"GetBasicInfo", "GetExtraChannelInfo", "GetColorAsEncodedProfile", "GetICCProfileSize", "GetColorAsICCProfile", "SetPreferredColorProfile", "SetImageOutBuffer", "GetBoxType", "SetBoxBuffer", "ReleaseBoxBuffer"}

// libjxl's numbers: what ProcessInput answers, and what can be asked for.
const (
	statusDone, statusError, statusMore, statusOut, statusBoxMore       = 0, 1, 2, 5, 7
	eventInfo, eventColours, eventFrame, eventPixels, eventBox          = 0x40, 0x100, 0x400, 0x1000, 0x4000
	kindByte, kindWord, bigEndian                                 int32 = 2, 3, 2
)

// pixelFormat is JxlPixelFormat.
type pixelFormat struct {
	channels    uint32
	kind, order int32
	align       uintptr
}

type library struct {
	at  map[string]uintptr
	old bool // before 0.9: three functions take a pixel format that they do not use
}

// loaded is the newest libjxl of the system; nil where there is none.
var loaded = sync.OnceValue(func() *library {
	var files []string
	for minor := 12; minor >= 7; minor-- {
		files = append(files, fmt.Sprintf("libjxl.so.0.%d", minor), fmt.Sprintf("libjxl.0.%d.dylib", minor))
	}
	files = append(files, "/opt/homebrew/lib/libjxl.dylib", "/usr/local/lib/libjxl.dylib", "libjxl.so")
	for _, name := range files {
		if at, err := purego.Dlopen(name, purego.RTLD_NOW|purego.RTLD_LOCAL); err == nil {
			if l := bind(at); l != nil {
				return l
			}
		}
	}
	return nil
})

// bind finds the functions; nil: it is another library, or of a version that is not known.
func bind(at uintptr) *library {
	l := &library{at: map[string]uintptr{}}
	for _, n := range names {
		var err error
		if l.at[n], err = purego.Dlsym(at, "JxlDecoder"+n); err != nil {
			return nil
		}
	}
	version := l.call("Version") // a million for each major, a thousand for each minor
	l.old = version < 9000
	if version < 7000 || version >= 1000000 {
		return nil
	}
	return l
}

func (l *library) call(name string, args ...uintptr) uintptr {
	r, _, _ := purego.SyscallN(l.at[name], args...)
	return r
}

// profile are the arguments of the functions that changed with 0.9.
func (l *library) profile(args ...uintptr) []uintptr {
	if l.old {
		return append([]uintptr{0}, args...)
	}
	return args
}
