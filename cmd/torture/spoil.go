package main

import (
	"errors"
	"fmt"
	"io/fs"
	"math/rand/v2"
	"os"
	"path/filepath"
)

// spoil truncates or garbles some of the files below a directory, as a disk
// does that lies about what it has written.
func spoil(dir string, r *rand.Rand) error {
	var files []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if err == nil && d.Type().IsRegular() {
			files = append(files, path)
		}
		return err
	})
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return fmt.Errorf("list state: %w", err)
	}
	for _, path := range files {
		if r.IntN(3) == 0 {
			if err := spoilFile(path, r); err != nil {
				return fmt.Errorf("spoil state: %w", err)
			}
		}
	}
	return nil
}

func spoilFile(path string, r *rand.Rand) error {
	f, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		return err
	}
	defer f.Close()
	info, err := f.Stat()
	if err != nil || info.Size() == 0 {
		return err
	}
	at := r.Int64N(info.Size())
	if r.IntN(2) == 0 {
		return f.Truncate(at)
	}
	junk := make([]byte, min(info.Size()-at, 512))
	for i := range junk {
		junk[i] = byte(r.Uint32())
	}
	_, err = f.WriteAt(junk, at)
	return err
}
