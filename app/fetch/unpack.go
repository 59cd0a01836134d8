package fetch

import (
	"archive/tar"
	"compress/gzip"
	"context"
	"crypto/sha256"
	"crypto/sha512"
	"encoding/base64"
	"encoding/hex"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pentimento/canvas/disk"
	"pentimento/fault"
)

// FetchNetworks brings those of the networks that a folder lacks into it, each archive once: Fetch
// brings that into the folder, its hashes are checked, the files are taken out (and with them
// others of Client.Networks that it holds), each is held against its own hash and then has its name at
// once; the archive is removed. What ends it early leaves a NAME.tgz.part, with which the next call goes on,
// and never a part of a network. Errors of several kinds as those of Fetch.
func (c *Client) FetchNetworks(ctx context.Context, folder string, wanted []Network, report func(Progress)) error {
	missing, _ := Missing(folder, wanted)
	for len(missing) > 0 {
		p := missing[0].Package
		rows, _ := Missing(folder, append(c.of(p), rowsOf(p, missing)...))
		if err := c.fetchPackage(ctx, folder, p, rows, report); err != nil {
			return err
		}
		still, _ := Missing(folder, missing)
		if len(rowsOf(p, still)) > 0 {
			return fmt.Errorf("%s: found no %q in the folder after it was put there", p.label(), rowsOf(p, still)[0].Name)
		}
		missing = still
	}
	return nil
}

func (c *Client) of(p Package) []Network { return rowsOf(p, c.Networks) }

func rowsOf(p Package, all []Network) (out []Network) {
	for _, n := range all {
		if n.Package == p {
			out = append(out, n)
		}
	}
	return out
}

func (c *Client) fetchPackage(ctx context.Context, folder string, p Package, rows []Network, report func(Progress)) error {
	if len(rows) == 0 { // another program put them there meanwhile
		return nil
	}
	need := int64(0)
	for _, n := range rows {
		need += n.Size
	}
	if err := os.MkdirAll(folder, 0o755); err != nil {
		return fmt.Errorf("folder %q: %w", folder, disk.Plain(err))
	}
	if left, err := c.Free(folder); err == nil && left < need+p.Size+margin {
		return fault.New(fmt.Sprintf("folder %q: found %s free, want %s", folder, Bytes(left), Bytes(need+p.Size+margin)), "free some space")
	}
	// Packages are remembered apart from models: the window's list of downloads goes on with those.
	own := *c
	own.Folder = filepath.Join(c.Folder, "packages")
	base, err := c.registry(ctx)
	if err != nil {
		return err
	}
	got, err := own.Fetch(ctx, p.want(base, rows[0].Licence), Options{Into: folder, Report: report})
	if err != nil {
		return err
	}
	err = unpack(ctx, got.Path, folder, p, rows)
	if ctx.Err() == nil { // it is whole or of no use
		err = errors.Join(err, disk.Remove(got.Path))
	}
	if err != nil {
		return fmt.Errorf("%s: %w", p.label(), err)
	}
	return nil
}

// unpack checks an archive and takes files out of it.
func unpack(ctx context.Context, archive, folder string, p Package, rows []Network) error {
	f, err := disk.Open(archive)
	if err != nil {
		return disk.Plain(err)
	}
	defer f.Close()
	sum := sha512.New()
	if _, err := io.Copy(sum, stoppable{ctx, f}); err != nil {
		return err
	}
	if found := base64.StdEncoding.EncodeToString(sum.Sum(nil)); found != p.Integrity {
		return fault.New(fmt.Sprintf("found an archive of SHA-512 %s, want %s", found, p.Integrity), "nothing of it was kept; try again")
	}
	if _, err := f.Seek(0, io.SeekStart); err != nil {
		return err
	}
	z, err := gzip.NewReader(stoppable{ctx, f})
	if err != nil {
		return fmt.Errorf("archive: %w", err)
	}
	t, taken := tar.NewReader(z), map[string]bool{}
	joins, err := joinsOf(rows, folder, taken)
	defer func() {
		for _, j := range joins {
			j.drop()
		}
	}()
	if err != nil {
		return err
	}
	for len(taken) < len(rows) || slices.ContainsFunc(joins, func(j *joining) bool { return len(j.left) > 0 }) {
		h, err := t.Next()
		if err == io.EOF {
			break
		}
		if err != nil {
			return fmt.Errorf("archive: %w", err)
		}
		for _, j := range joins {
			if err := j.take(t, h); err != nil {
				return err
			}
		}
		if err := takeOut(t, h, folder, rows, taken); err != nil {
			return err
		}
	}
	for _, n := range rows {
		if !taken[n.ID] {
			return fmt.Errorf("found no %q in the archive", n.File)
		}
	}
	for _, j := range joins {
		if err := j.end(folder); err != nil {
			return err
		}
	}
	return ctx.Err()
}

// joinsOf begins those of the networks that come in pieces; they count as taken by whoever takes whole files.
func joinsOf(rows []Network, folder string, taken map[string]bool) (joins []*joining, err error) {
	for _, n := range rows {
		if len(n.Chunks) == 0 || taken[n.ID] {
			continue
		}
		j, err := join(n, folder)
		if err != nil {
			return joins, err
		}
		joins, taken[n.ID] = append(joins, j), true
	}
	return joins, nil
}

// takeOut writes what rows want of a file of the archive, of which they lie one behind the other.
func takeOut(t *tar.Reader, h *tar.Header, folder string, rows []Network, taken map[string]bool) error {
	if h.Typeflag != tar.TypeReg {
		return nil
	}
	at := int64(0)
	for {
		var next *Network
		for i, n := range rows {
			if n.File == h.Name && n.At >= at && !taken[n.ID] && (next == nil || n.At < next.At) {
				next = &rows[i]
			}
		}
		if next == nil {
			return nil
		}
		if _, err := io.CopyN(io.Discard, t, next.At-at); err != nil {
			return fmt.Errorf("archive: %q: %w", h.Name, err)
		}
		if err := put(t, folder, *next); err != nil {
			return err
		}
		at, taken[next.ID] = next.At+next.Size, true
	}
}

// put writes one network, which has its name once it is whole and is the one that was wanted.
func put(from io.Reader, folder string, n Network) error {
	to := filepath.Join(folder, filepath.FromSlash(n.Name))
	if err := os.MkdirAll(filepath.Dir(to), 0o755); err != nil {
		return fmt.Errorf("folder %q: %w", filepath.Dir(to), disk.Plain(err))
	}
	return disk.WriteAtomic(to, func(w io.Writer) error {
		sum := sha256.New()
		if _, err := io.CopyN(io.MultiWriter(w, sum), from, n.Size); err != nil {
			return fmt.Errorf("%q: %w", n.Name, err)
		}
		if found := hex.EncodeToString(sum.Sum(nil)); found != n.SHA256 {
			return otherFile(n, found)
		}
		return nil
	})
}

// otherFile is the error for a network that is not the one that was wanted.
func otherFile(n Network, found string) error {
	return fault.New(fmt.Sprintf("%q: found a file of SHA-256 %s, want %s", n.Name, found, n.SHA256), "the archive holds another file than this program was tested with; it was not kept")
}

// stoppable reads until its context ends.
type stoppable struct {
	ctx context.Context
	io.Reader
}

func (s stoppable) Read(p []byte) (int, error) {
	if err := s.ctx.Err(); err != nil {
		return 0, err
	}
	return s.Reader.Read(p[:min(len(p), 1<<20)])
}
