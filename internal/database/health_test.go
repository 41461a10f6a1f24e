package database_test

import (
	"path"
	"slices"
	"testing"
	"time"

	"clew/internal/database"
	"clew/internal/database/postgrestest"
)

func TestHealth(t *testing.T) {
	server := postgrestest.Start(t)
	url := server.Database(t)
	db := open(t, url)
	if h, err := db.Health(t.Context(), time.Now); err != nil || len(h.Parts) != 0 || !h.MayMake || h.Standby {
		t.Errorf("an empty one: %+v, %v", h, err)
	}
	if err := db.Migrate(t.Context(), songsOf(`CREATE TABLE clew.songs (title text)`)); err != nil {
		t.Fatal(err)
	}
	late := func() time.Time { return time.Now().Add(-time.Hour) }
	h, err := db.Health(t.Context(), late)
	if err != nil || !slices.Equal(h.Parts, []string{"songs 1"}) || len(h.Forbidden) != 0 || h.Most != 60 || h.Used < 1 || h.Server == "" || h.Encrypted {
		t.Errorf("%+v, %v", h, err)
	}
	if off := h.Ahead - time.Hour; off.Abs() > 10*time.Second {
		t.Errorf("a machine an hour late is told that the server is %s ahead", h.Ahead)
	}
	server.Exec(t, path.Base(url), `CREATE ROLE reader LOGIN PASSWORD '`+postgrestest.Password+`'`, `GRANT USAGE ON SCHEMA clew TO reader`, `GRANT SELECT ON ALL TABLES IN SCHEMA clew TO reader`)
	reader, err := database.Open(t.Context(), database.Target{URL: url, User: "reader", Password: postgrestest.Password})
	if err != nil {
		t.Fatal(err)
	}
	defer reader.Close() //nolint:errcheck // returns nothing
	h, err = reader.Health(t.Context(), time.Now)
	if err != nil || !slices.Equal(h.Forbidden, []string{"songs"}) || h.MayMake {
		t.Errorf("who may only read: %+v, %v", h, err)
	}
}
