//go:build !windows

package disk

import "golang.org/x/sys/unix"

// Free is what the disk of a folder has left for this person, in bytes.
func Free(folder string) (int64, error) {
	var st unix.Statfs_t
	if err := unix.Statfs(folder, &st); err != nil {
		return 0, err
	}
	return int64(st.Bavail) * int64(st.Bsize), nil
}
