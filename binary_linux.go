package main

import (
	"bufio"
	"bytes"
	"io"
	"os"
	"strconv"

	"golang.org/x/sys/unix"
)

// unmapStart gives back what is mapped of the binary: the start runs through more of it
// than all that comes after. What is needed again is mapped again from the page cache, a
// few microseconds for each sixteen pages.
func unmapStart() {
	file, err := os.Executable()
	if err != nil {
		return
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		return
	}
	defer func() { _ = maps.Close() }()
	for _, part := range unchangedParts(maps, file) {
		// What cannot be given back stays.
		_, _, _ = unix.Syscall(unix.SYS_MADVISE, part.begin, part.end-part.begin, unix.MADV_DONTNEED)
	}
}

// mapped is a range of addresses.
type mapped struct{ begin, end uintptr }

// unchangedParts reads, in the form of /proc/self/smaps, which parts of a file are mapped
// as they are in the file and stay so: not writable, and without a page of their own, as
// one would have that the loader has filled in.
// https://www.kernel.org/doc/html/latest/filesystems/proc.html
func unchangedParts(smaps io.Reader, file string) (parts []mapped) {
	var part mapped
	ofFile := false
	for lines := bufio.NewScanner(smaps); lines.Scan(); {
		fields := bytes.Fields(lines.Bytes())
		switch {
		case len(fields) >= 5 && bytes.IndexByte(fields[0], '-') > 0: // the head of the next part
			from, to, _ := bytes.Cut(fields[0], []byte("-"))
			begin, err1 := strconv.ParseUint(string(from), 16, 64)
			end, err2 := strconv.ParseUint(string(to), 16, 64)
			part = mapped{uintptr(begin), uintptr(end)}
			ofFile = err1 == nil && err2 == nil && len(fields) == 6 && string(fields[5]) == file && fields[1][1] == '-'
		case ofFile && len(fields) == 3 && string(fields[0]) == "Anonymous:" && string(fields[1]) == "0":
			parts = append(parts, part)
		}
	}
	return parts
}
