package web

import (
	"context"
	"io"
	"log/slog"
	"os"
)

// NewLogger returns a logger that writes to w. The format is text, json, or
// auto: text on a terminal and json elsewhere. Times are in UTC. Both forms quote
// what comes from outside, so that it stays on its line. Somebody who looks at a
// terminal waits for no [LogBuffer].
func NewLogger(w io.Writer, level slog.Level, format string) *slog.Logger {
	flush := func() {}
	if buffer, ok := w.(*LogBuffer); ok {
		if isTerminal(buffer.w) {
			w = buffer.w
		} else {
			flush = buffer.Flush
		}
	}
	options := &slog.HandlerOptions{Level: level}
	if format == "text" || (format == "auto" && isTerminal(w)) {
		return slog.New(handler{slog.NewTextHandler(w, options), flush})
	}
	return slog.New(handler{slog.NewJSONHandler(w, options), flush})
}

// handler writes times in UTC: to replace the attribute would send every attribute of
// every line through a function. It flushes what somebody may be waiting for.
type handler struct {
	slog.Handler
	flush func()
}

// Handle implements slog.Handler.
func (h handler) Handle(ctx context.Context, r slog.Record) error {
	r.Time = r.Time.UTC()
	err := h.Handler.Handle(ctx, r)
	if r.Level >= slog.LevelWarn {
		h.flush()
	}
	return err
}

// WithAttrs implements slog.Handler.
func (h handler) WithAttrs(attrs []slog.Attr) slog.Handler {
	return handler{h.Handler.WithAttrs(attrs), h.flush}
}

// WithGroup implements slog.Handler.
func (h handler) WithGroup(name string) slog.Handler {
	return handler{h.Handler.WithGroup(name), h.flush}
}

// isTerminal tells whether somebody may be looking at w.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	if !ok {
		return false
	}
	info, err := f.Stat()
	return err == nil && info.Mode()&os.ModeCharDevice != 0
}
