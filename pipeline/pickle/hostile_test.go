package pickle

import (
	"archive/zip"
	"bytes"
	"encoding/binary"
	"fmt"
	"hash/crc32"
	"os"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
	"time"
)

// file is a file of an archive that is packed.
type file struct {
	name string
	data []byte
}

func pack(method uint16, files ...file) []byte {
	var b bytes.Buffer
	w := zip.NewWriter(&b)
	for _, f := range files {
		h := &zip.FileHeader{Name: f.name, Method: method, CRC32: crc32.ChecksumIEEE(f.data), UncompressedSize64: uint64(len(f.data)), CompressedSize64: uint64(len(f.data))}
		if method == zip.Store {
			p, _ := w.CreateRaw(h) // a buffer takes everything
			_, _ = p.Write(f.data)
			continue
		}
		p, _ := w.CreateHeader(&zip.FileHeader{Name: f.name, Method: method})
		_, _ = p.Write(f.data)
	}
	_ = w.Close()
	return b.Bytes()
}

// torchFile packs a pickle's opcodes as a checkpoint with one storage of 12 floats.
func torchFile(ops string) []byte {
	return pack(zip.Store, file{"archive/data.pkl", []byte("\x80\x02" + ops)}, file{"archive/data/0", make([]byte, 48)})
}

func u32(n uint32) string { return string(binary.LittleEndian.AppendUint32(nil, n)) }

func text(s string) string { return "X" + u32(uint32(len(s))) + s }

// array4 is a tensor of 3×4 values, or of other numbers.
func array4(offset, shape, stride string) string {
	return "ctorch._utils\n_rebuild_tensor_v2\n((" + text("storage") + "ctorch\nFloatStorage\n" + text("0") + text("cpu") + "K\x0ctQ" + offset + shape + stride + "\x89}tR"
}

const plain, shape34, stride41 = "K\x00", "K\x03K\x04\x86", "K\x04K\x01\x86"

// hostile are files made here, by what they try, and a word of the error.
func hostile() map[string]struct {
	data []byte
	want string
} {
	good := torchFile("}" + text("w") + array4(plain, shape34, stride41) + "s.")
	type c = struct {
		data []byte
		want string
	}
	i64 := func(n uint64) string { return "\x8a\x08" + string(binary.LittleEndian.AppendUint64(nil, n)) }
	out := map[string]c{
		"tuples in tuples":        {torchFile(")" + strings.Repeat("\x85", 400000) + "."), "nested"},
		"lists in lists":          {torchFile("]" + strings.Repeat("]", 200000) + strings.Repeat("a", 200000) + "."), "nested"},
		"a stack of copies":       {torchFile("]" + strings.Repeat("2", 20<<20) + "."), "MiB"},
		"a stack of marks":        {torchFile(strings.Repeat("(", 20<<20) + "."), "MiB"},
		"maps without end":        {torchFile(strings.Repeat("}", 20<<20) + "."), "MiB"},
		"copies of a long text":   {torchFile("](" + strings.Repeat(text(strings.Repeat("x", 1<<20)), 30) + "e."), "tensors"},
		"a memo of everything":    {torchFile("N" + strings.Repeat("\x94", 8<<20) + "."), "MiB"},
		"push and pop":            {torchFile(strings.Repeat("N0", 12<<20) + "."), "MiB"},
		"a larger description":    {torchFile(strings.Repeat("N0", 20<<20) + "."), "at most"},
		"a long number":           {torchFile("\x8b" + u32(1<<30) + "x."), "too early"},
		"a negative long":         {torchFile("\x8b" + u32(0xffffffff) + "x."), "too early"},
		"bytes without end":       {torchFile("\x8e" + strings.Repeat("\xff", 8) + "."), "too early"},
		"a frame without end":     {torchFile("\x95" + strings.Repeat("\xff", 8) + "}."), "too early"},
		"maps that share":         {torchFile("}q\x00" + sharing(60) + "."), "nested"},
		"tuples that share":       {torchFile(")q\x00" + strings.Repeat("h\x00h\x00h\x00\x87q\x00", 60) + "."), "nested"},
		"a map in itself":         {torchFile("}q\x00" + text("model") + "}q\x01" + text("state_dict") + "h\x00ss."), "nested"},
		"a list in itself":        {torchFile("}" + text("a") + "]q\x00h\x00as."), "nested"},
		"maps of model in model":  {torchFile(strings.Repeat("}"+text("model"), 60000) + "}" + strings.Repeat("s", 60000) + "."), ""},
		"a stride that overflows": {torchFile("}" + text("w") + array4(plain, shape34, i64(1<<62)+"K\x01\x86") + "s."), "beyond"},
		"a shape that overflows":  {torchFile("}" + text("w") + array4(plain, i64(1<<33)+i64(1<<33)+"\x86", "K\x00K\x00\x86") + "s."), "beyond"},
		"an offset that overflows": {torchFile("}" + text("w") + array4(i64(1<<63-1), shape34, stride41) + "s."),
			"beyond"},
		"a negative stride":  {torchFile("}" + text("w") + array4(plain, shape34, i64(1<<64-4)+"K\x01\x86") + "s."), "tensor"},
		"fewer strides":      {torchFile("}" + text("w") + array4(plain, shape34, "K\x01\x85") + "s."), "tensor"},
		"many axes":          {torchFile("}" + text("w") + array4(plain, "("+strings.Repeat("K\x01", 100)+"t", "("+strings.Repeat("K\x01", 100)+"t") + "s."), "tensor"},
		"a mountain":         {torchFile("}" + text("w") + array4(plain, i64(1<<31)+"\x85", "K\x00\x85") + "s."), "stand for"},
		"a mountain of many": {torchFile("}(" + mountains(400) + "u."), "stand for"},
		"a name twice":       {torchFile("}(" + text("a.b") + array4(plain, shape34, stride41) + text("a") + "}" + text("b") + array4(plain, shape34, stride41) + "su."), "twice"},
		"a call beside the weights": {torchFile("}(" + text("w") + array4(plain, shape34, stride41) + text("x") + "cos\nsystem\n" + text("true") + "\x85Ru."),
			`"os.system"`},
		"a name alone":              {torchFile("}(" + text("w") + array4(plain, shape34, stride41) + text("x") + "csubprocess\nPopen\nu."), `"subprocess.Popen"`},
		"a function of a trainer":   {torchFile("}" + text("x") + "cpytorch_lightning.utilities.cloud_io\nload\n" + text("http://x") + "\x85Rs."), "pytorch_lightning"},
		"a class through a trainer": {torchFile("}" + text("x") + "cpytorch_lightning\nTrainer.os.system\n" + text("true") + "\x85Rs."), "pytorch_lightning"},
		"an extension":              {torchFile("\x82\x01."), "opcode"},
		"a call of a text":          {torchFile(text("x") + ")R."), "calls"},
		"a call of a type":          {torchFile("ctorch\nFloatStorage\n)R."), "only a type"},
		"a torch.load in it":        {torchFile("ctorch\nload\n" + text("/etc/passwd") + "\x85R."), `"torch.load"`},
		"a torch.hub in it":         {torchFile("ctorch.hub\nload\n" + text("x") + "\x85R."), `"torch.hub.load"`},
		"a set of maps as keys":     {torchFile("}}}s."), "key"},
		"a compressed one":          {pack(zip.Deflate, file{"a/data.pkl", bytes.Repeat([]byte("N0"), 1<<20)}), "compressed"},
		"two descriptions":          {pack(zip.Store, file{"a/data.pkl", []byte("\x80\x02}.")}, file{"b/data.pkl", []byte("\x80\x02}.")}), "2 files"},
		"a big-endian one":          {pack(zip.Store, file{"a/data.pkl", []byte("\x80\x02}.")}, file{"a/byteorder", []byte("big")}), "byte order"},
		"a file twice":              {pack(zip.Store, file{"a/data.pkl", []byte("\x80\x02}.")}, file{"a/data.pkl", []byte("\x80\x02}.")}), "twice"},
		"another archive":           {pack(zip.Store, file{"word/document.xml", []byte("<x/>")}), "data.pkl"},
		"a picture beside a pickle": {[]byte("\x80\x02cos\nsystem\n" + text("true") + "\x85R."), `"os.system"`},
		"a pickle of no torch":      {[]byte("\x80\x02}."), "not one of torch"},
	}
	change := func(name, want string, f func(b []byte) []byte) { out[name] = c{f(slices.Clone(good)), want} }
	at := func(b []byte, sign string) int { return bytes.LastIndex(b, []byte(sign)) }
	change("a wrong checksum", "checksum", func(b []byte) []byte { b[bytes.Index(b, []byte("_rebuild"))+1]++; return b })
	change("a directory beyond the file", "directory", func(b []byte) []byte { copy(b[at(b, "PK\x05\x06")+16:], "\xf0\xff\xff\xff"); return b })
	change("a directory of 65534 files", "directory", func(b []byte) []byte { copy(b[at(b, "PK\x05\x06")+10:], "\xfe\xff"); return b })
	change("64 bits without an end", "64-bit", func(b []byte) []byte { copy(b[at(b, "PK\x05\x06")+10:], "\xff\xff"); return b })
	change("an encrypted file", "encrypted", func(b []byte) []byte { b[bytes.Index(b, []byte("PK\x01\x02"))+8] |= 1; return b })
	change("sizes that differ", "compressed", func(b []byte) []byte { copy(b[bytes.Index(b, []byte("PK\x01\x02"))+24:], "\xff\xff\xff\x7f"); return b })
	change("an entry that is elsewhere", "is not where", func(b []byte) []byte { b[at(b, "PK\x01\x02")+42]++; return b })
	change("an entry that is larger than the file", "outside", func(b []byte) []byte {
		i := at(b, "PK\x01\x02")
		copy(b[i+20:], "\xff\xff\xff\x7f\xff\xff\xff\x7f")
		return b
	})
	inner := "PK\x03\x04" + strings.Repeat("\x00", 22) + "\x0e\x00\x00\x00archive/data/0" + strings.Repeat("\x01", 48)
	over := torchFile("B" + u32(uint32(len(inner))) + inner + "0}" + text("w") + array4(plain, shape34, stride41) + "s.")
	binary.LittleEndian.PutUint32(over[at(over, "PK\x01\x02")+42:], uint32(bytes.Index(over, []byte(inner))))
	out["entries that overlap"] = c{over, "overlap"}
	locator := append([]byte("PK\x06\x06"), make([]byte, 20)...)
	locator = append(locator, bytes.Repeat([]byte{0xff}, 32)...)
	lie := append(slices.Clone(good[:at(good, "PK\x05\x06")]), locator...)
	where := uint64(at(good, "PK\x05\x06"))
	lie = append(lie, "PK\x06\x07\x00\x00\x00\x00"...)
	lie = binary.LittleEndian.AppendUint64(lie, where)
	lie = append(append(lie, 1, 0, 0, 0), good[at(good, "PK\x05\x06"):]...)
	copy(lie[at(lie, "PK\x05\x06")+8:], bytes.Repeat([]byte{0xff}, 12))
	out["64 bits that lie"] = c{lie, "directory"}
	return out
}

// sharing are n maps, each with the one before it under three names.
func sharing(n int) string {
	var b strings.Builder
	for range n {
		b.WriteString("}(" + text("a") + "h\x00" + text("b") + "h\x00" + text("c") + "h\x00uq\x00")
	}
	return b.String()
}

// mountains are n names for a tensor of 128 KiB that repeats one value.
func mountains(n int) string {
	var b strings.Builder
	for i := range n {
		b.WriteString(text(fmt.Sprint("w", i)) + array4(plain, "J"+u32(1<<15)+"\x85", "K\x00\x85"))
	}
	return b.String()
}

// TestHostileFilesAreRefused in words, within 2 seconds and 256 MB, and nothing appears.
func TestHostileFilesAreRefused(t *testing.T) {
	all := hostile()
	files, err := filepath.Glob("testdata/bad_*")
	if err != nil || len(files) < 30 {
		t.Fatalf("%d files, %v", len(files), err)
	}
	for _, f := range files {
		b, err := os.ReadFile(f)
		if err != nil {
			t.Fatal(err)
		}
		c := all[f]
		c.data = b
		all[f] = c
	}
	t.Chdir(t.TempDir())
	for name, c := range all {
		runtime.GC()
		var before, after runtime.MemStats
		runtime.ReadMemStats(&before)
		begun := time.Now()
		got, err := Read(bytes.NewReader(c.data), int64(len(c.data)))
		took := time.Since(begun)
		runtime.ReadMemStats(&after)
		for range 4 { // a busy machine is not the file's fault
			if took <= 2*time.Second {
				break
			}
			begun = time.Now()
			_, _ = Read(bytes.NewReader(c.data), int64(len(c.data)))
			took = min(took, time.Since(begun))
		}
		if err == nil || !strings.Contains(err.Error(), c.want) || len(err.Error()) > 600 || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %d tensors, %.700v; want an error that says %q", name, len(got), err, c.want)
		}
		if used := after.TotalAlloc - before.TotalAlloc; used > 256<<20 {
			t.Errorf("%s: took %d MB, want at most 256", name, used>>20)
		}
		if took > 2*time.Second {
			t.Errorf("%s: took %v, want at most 2 s", name, took)
		}
		t.Logf("%s: %v, %d MB: %.200v", name, took.Round(time.Millisecond), (after.TotalAlloc-before.TotalAlloc)>>20, err)
	}
	if left, err := os.ReadDir("."); err != nil || len(left) > 0 {
		t.Errorf("files appeared: %v, %v", left, err)
	}
}
