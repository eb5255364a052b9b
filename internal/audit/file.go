package audit

import (
	"os"
	"sync"
)

// File is a file for a [Log] that can be reopened after rotation. It is safe for concurrent
// use.
type File struct {
	name string
	mu   sync.Mutex
	file *os.File
}

// OpenFile opens a file for appending, and creates it if it does not exist.
func OpenFile(name string) (*File, error) {
	file, err := open(name)
	if err != nil {
		return nil, err
	}
	return &File{name: name, file: file}, nil
}

func open(name string) (*os.File, error) {
	return os.OpenFile(name, os.O_APPEND|os.O_CREATE|os.O_WRONLY, 0o600)
}

// Reopen reopens the file by its name. If that fails, the old file stays in use.
func (f *File) Reopen() error {
	file, err := open(f.name)
	if err != nil {
		return err
	}
	f.mu.Lock()
	former := f.file
	f.file = file
	f.mu.Unlock()
	return former.Close()
}

// Write implements [io.Writer].
func (f *File) Write(p []byte) (int, error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Write(p)
}

// Close closes the file.
func (f *File) Close() error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return f.file.Close()
}
