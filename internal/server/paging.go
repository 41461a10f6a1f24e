package server

import (
	"crypto/sha256"
	"encoding/base64"

	"github.com/danielgtaylor/huma/v2"
)

// A Page asks for a part of a list.
type Page struct {
	Cursor string `query:"cursor" maxLength:"64" doc:"next of the page before"`
	Limit  int    `query:"limit" minimum:"1" maximum:"1000" default:"100" doc:"how many at most"`
}

// A List is a part of a list.
type List[T any] struct {
	Items []T    `json:"items"`
	Total int    `json:"total" doc:"how many the whole list has"`
	Next  string `json:"next" doc:"cursor of the next page; empty on the last"`
}

// paged cuts a page out of a list. A cursor names the last entry of the page
// before, so that entries added in front move nothing.
func paged[T any](all []T, key func(T) string, p Page) (List[T], error) {
	from := 0
	if p.Cursor != "" {
		for from < len(all) && cursorOf(key(all[from])) != p.Cursor {
			from++
		}
		if from == len(all) {
			return List[T]{}, huma.Error410Gone("the list has changed and this cursor is no longer in it: begin again without one")
		}
		from++
	}
	to := min(from+p.Limit, len(all))
	list := List[T]{Items: append([]T{}, all[from:to]...), Total: len(all)}
	if to < len(all) {
		list.Next = cursorOf(key(all[to-1]))
	}
	return list, nil
}

// cursorOf is short however long the value: it names, it does not hold.
func cursorOf(key string) string {
	sum := sha256.Sum256([]byte(key))
	return base64.RawURLEncoding.EncodeToString(sum[:12])
}
