package userpool

import (
	"strconv"
	"strings"
	"time"
)

// moment is a point in time in milliseconds since 1970, the precision that Cognito answers with. In JSON, on the wire and
// in the file, it is a number of seconds with a fraction.
type moment int64

func momentOf(t time.Time) moment { return moment(t.UnixMilli()) }

func (m moment) time() time.Time { return time.UnixMilli(int64(m)).UTC() }

func (m moment) add(d time.Duration) moment { return m + moment(d.Milliseconds()) }

func (m moment) sub(o moment) time.Duration { return time.Duration(m-o) * time.Millisecond }

// seconds is the whole seconds that tokens count in.
func (m moment) seconds() int64 { return int64(m) / 1000 }

// MarshalJSON writes seconds, with the milliseconds as fraction.
func (m moment) MarshalJSON() ([]byte, error) {
	return strconv.AppendFloat(nil, float64(m)/1000, 'f', -1, 64), nil
}

// UnmarshalJSON reads what MarshalJSON writes.
func (m *moment) UnmarshalJSON(b []byte) error {
	if strings.TrimSpace(string(b)) == "null" {
		return nil
	}
	s, err := strconv.ParseFloat(string(b), 64)
	if err != nil {
		return err
	}
	if s < 0 {
		*m = moment(s*1000 - 0.5)
	} else {
		*m = moment(s*1000 + 0.5)
	}
	return nil
}
