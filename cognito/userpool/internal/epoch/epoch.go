// Package epoch has points in time as Cognito's API writes them: seconds since 1970, with milliseconds as the
// fraction.
package epoch

import (
	"strconv"
	"strings"
	"time"
)

// Time is a point in time in milliseconds since 1970, the precision of Cognito's responses. In JSON, on the wire and
// in the file, it is a number of seconds with a fraction.
type Time int64

// Of converts a time.
func Of(t time.Time) Time { return Time(t.UnixMilli()) }

// Time converts to a time in UTC.
func (m Time) Time() time.Time { return time.UnixMilli(int64(m)).UTC() }

// Add returns the time d later.
func (m Time) Add(d time.Duration) Time { return m + Time(d.Milliseconds()) }

// Sub returns the time elapsed since o.
func (m Time) Sub(o Time) time.Duration { return time.Duration(m-o) * time.Millisecond }

// Seconds returns whole seconds, the unit of times in tokens.
func (m Time) Seconds() int64 { return int64(m) / 1000 }

// MarshalJSON writes seconds, with the milliseconds as fraction.
func (m Time) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads the form that MarshalJSON writes.
func (m *Time) UnmarshalJSON(b []byte) error {
	if strings.TrimSpace(string(b)) == "null" {
		return nil
	}
	s, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	if s < 0 {
		*m = Time(s*1000 - 0.5)
	} else {
		*m = Time(s*1000 + 0.5)
	}
	return nil
}
