package source

import (
	"bytes"
	"encoding/json"
	"strconv"
	"strings"
)

// Text is a string that a provider may also write as a number, a boolean, null
// or a list, of which the first member counts.
type Text string

// UnmarshalJSON implements [json.Unmarshaler]. Objects are no text.
func (t *Text) UnmarshalJSON(raw []byte) error {
	raw = bytes.TrimSpace(raw)
	switch raw[0] {
	case '"', '{':
		return json.Unmarshal(raw, (*string)(t))
	case '[':
		var list []Text
		err := json.Unmarshal(raw, &list)
		*t = ""
		if len(list) > 0 {
			*t = list[0]
		}
		return err
	case 'n':
		*t = ""
		return nil
	}
	*t = Text(raw)
	return nil
}

// Number is a count that a provider may also write as a string, a fraction,
// null, or a word such as "n/a", which is 0.
type Number int64

// UnmarshalJSON implements [json.Unmarshaler].
func (n *Number) UnmarshalJSON(raw []byte) error {
	var text Text
	if err := text.UnmarshalJSON(raw); err != nil {
		return err
	}
	digits := strings.TrimSpace(string(text))
	if whole, err := strconv.ParseInt(digits, 10, 64); err == nil {
		*n = Number(whole)
	} else if f, err := strconv.ParseFloat(digits, 64); err == nil && f > -1<<53 && f < 1<<53 {
		*n = Number(f)
	} else {
		*n = 0
	}
	return nil
}
