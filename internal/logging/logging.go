// Package logging creates the process's logger.
package logging

import (
	"context"
	"io"
	"log/slog"
	"os"
)

// New returns a logger that writes to w in the format text, json, or auto, which
// is text on a terminal and json elsewhere. Times are in UTC. Both formats quote
// values, so that a value cannot start a new line.
func New(w io.Writer, level slog.Level, format string) *slog.Logger {
	options := &slog.HandlerOptions{Level: level}
	if format == "text" || (format == "auto" && isTerminal(w)) {
		return slog.New(utcHandler{slog.NewTextHandler(w, options)})
	}
	return slog.New(utcHandler{slog.NewJSONHandler(w, options)})
}

// utcHandler converts the time of every record to UTC.
type utcHandler struct{ slog.Handler }

// Handle implements [slog.Handler].
func (h utcHandler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	return h.Handler.Handle(ctx, r)
}

// WithAttrs implements [slog.Handler].
func (h utcHandler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return utcHandler{h.Handler.WithAttrs(attrs)}
}

// WithGroup implements [slog.Handler].
func (h utcHandler) WithGroup(name string) slog.Handler {
	return utcHandler{h.Handler.WithGroup(name)}
}

func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
