package web

import (
	"context"
	"io"
	"log/slog"
	"os"
)

// NewLogger returns a logger that writes to w. The format is text, json, or
// auto: text on a terminal and json elsewhere. Times are in UTC. Both forms quote
// what comes from outside, so that it stays on its line.
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "text" || (format == "auto" && isTerminal(w)) {
		return slog.New(inUTC{slog.NewTextHandler(w, options)})
	}
	return slog.New(inUTC{slog.NewJSONHandler(w, options)})
}

// inUTC is a handler that writes times in UTC. To replace the attribute would send
// every attribute of every line through a function.
type inUTC struct{ slog.Handler }

// Handle implements slog.Handler.
func (h inUTC) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements slog.Handler.
func (h inUTC) WithAttrs(attrs []slog.Attr) slog.Handler { return inUTC{h.Handler.WithAttrs(attrs)} }

// WithGroup implements slog.Handler.
func (h inUTC) WithGroup(name string) slog.Handler { return inUTC{h.Handler.WithGroup(name)} }

// isTerminal tells whether somebody may be looking at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
