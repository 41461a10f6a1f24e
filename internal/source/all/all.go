// Package all names every connector, for the wiring and for nobody else.
package all

import (
	"clew/internal/source"
	"clew/internal/source/otx"
	"clew/internal/source/passivetotal"
	"clew/internal/source/securitytrails"
	"clew/internal/source/virustotal"
)

// Sources lists every connector by name.
func Sources() []source.Source {
	return []source.Source{
		otx.Source{},
		passivetotal.Source{},
		securitytrails.Source{},
		virustotal.Source{},
	}
}
