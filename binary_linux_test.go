package main

import (
	"os"
	"slices"
	"strings"
	"testing"
)

func TestUnchangedParts(t *testing.T) {
	const smaps = `00400000-0178a000 r-xp 00000000 fe:00 9978011                            /bin/authgraph
Size:              20008 kB
Rss:               10536 kB
Anonymous:             0 kB
VmFlags: rd ex mr mw me sd
0178a000-02c7e000 r--p 0138a000 fe:00 9978011                            /bin/authgraph
Rss:               10576 kB
Anonymous:             0 kB
02c7e000-02c80000 r--p 0287e000 fe:00 9978011                            /bin/authgraph
Anonymous:             8 kB
02c80000-02d10000 rw-p 02880000 fe:00 9978011                            /bin/authgraph
Anonymous:             0 kB
02d10000-04d5a000 rw-p 00000000 00:00 0
Anonymous:             0 kB
7f6e4e200000-7f6e4e228000 r--p 00000000 fe:00 8403                       /lib/libc.so.6
Anonymous:             0 kB
7fff1000-7fff3000 r-xp 00000000 00:00 0                                  [vdso]
Anonymous:             0 kB
`
	want := []mapped{{0x400000, 0x178a000}, {0x178a000, 0x2c7e000}}
	if got := unchangedParts(strings.NewReader(smaps), "/bin/authgraph"); !slices.Equal(got, want) {
		t.Errorf("%x, want %x", got, want)
	}
	if got := unchangedParts(strings.NewReader("00400000-zz r-xp 0 0 0 /bin/authgraph\nAnonymous: 0 kB\n\n-\n"), "/bin/authgraph"); len(got) > 0 {
		t.Errorf("%x of what is no range", got)
	}
}

// The program goes on when the code that it runs is mapped no more.
func TestUnmapStart(t *testing.T) {
	file, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	maps, err := os.Open("/proc/self/smaps")
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = maps.Close() }()
	if len(unchangedParts(maps, file)) == 0 {
		t.Fatal("no part of the binary is found")
	}
	unmapStart()
}
