// Package config reads the one YAML file that describes an installation: where
// it listens, where it stores, how it sends mail, and the councils it serves.
//
// Reading is strict: an unknown field, a wrong type or a value that cannot be
// right is a [Fault], and all faults of a file are reported together, each with
// its line, its field, its value and what would be right. Secrets stand in the
// environment or in files of their own ([Secret]) and are never printed.
//
// All times of day are those of Asia/Tokyo, whatever the machine's zone.
package config

import (
	"log/slog"
	"time"
)

// Config is one installation.
type Config struct {
	// Listen is the address (host:port) of webhook, health and metrics. A proxy
	// that ends TLS stands before it. Default 127.0.0.1:8080.
	Listen string `yaml:"listen"`
	// PublicURL is how the outside reaches Listen, such as
	// https://mimamori.example.jp; check --live compares LINE's webhook
	// setting with it. Optional; https, no path.
	PublicURL string `yaml:"public_url"`
	// Control is the path of the unix socket on which commands speak to the
	// running process, at most 100 bytes. Relative paths in the file, this one
	// and all others, are relative to the file's directory; after Load they
	// are absolute. Default mimamori.sock.
	Control string `yaml:"control"`

	Storage  Storage   `yaml:"storage"`
	Log      Log       `yaml:"log"`
	Mail     Mail      `yaml:"mail"`
	Councils []Council `yaml:"councils"` // at least one

	// Warnings is what Load accepted but somebody should look at.
	Warnings []Fault `yaml:"-"`
}

// Storage engines.
const (
	Bolt     = "bolt"
	Postgres = "postgres"
)

// Storage says where everything is kept.
type Storage struct {
	Engine string `yaml:"engine"` // Bolt (default) or Postgres
	Path   string `yaml:"path"`   // Bolt: the file; default mimamori.db
	DSN    Secret `yaml:"dsn"`    // Postgres: the connection string
}

// Log says how the program logs.
type Log struct {
	Format string `yaml:"format"` // json (default) or text
	Level  string `yaml:"level"`  // debug, info (default), warn or error
}

// SlogLevel is Level as package slog knows it; info where it is empty.
func (l Log) SlogLevel() slog.Level {
	var level slog.Level
	if err := level.UnmarshalText([]byte(l.Level)); err != nil {
		return slog.LevelInfo
	}
	return level
}

// How mail is encrypted on its way to the server.
const (
	StartTLS    = "starttls" // plain connection, then TLS; refused where the server offers none
	ImplicitTLS = "implicit" // TLS from the first byte, port 465
	NoTLS       = "none"     // only to a server on the same machine
)

// Mail is the SMTP server of the second channel. Without Host there is none.
type Mail struct {
	Host     string        `yaml:"host"`
	Port     int           `yaml:"port"` // default 587
	User     string        `yaml:"user"` // empty: no login
	Password Secret        `yaml:"password"`
	From     string        `yaml:"from"`
	TLS      string        `yaml:"tls"`     // StartTLS (default), ImplicitTLS or NoTLS
	Timeout  time.Duration `yaml:"timeout"` // for one whole sending; default 20s
}

// Enabled tells whether there is a second channel.
func (m Mail) Enabled() bool { return m.Host != "" }

// New is a configuration with every default and no councils.
func New() *Config {
	c := &Config{}
	c.defaults()
	return c
}

func (c *Config) defaults() {
	c.Listen = "127.0.0.1:8080"
	c.Control = "mimamori.sock"
	c.Storage = Storage{Engine: Bolt, Path: "mimamori.db"}
	c.Log = Log{Format: "json", Level: "info"}
	c.Mail = Mail{Port: 587, TLS: StartTLS, Timeout: 20 * time.Second}
}

// Council finds a council by its id.
func (c *Config) Council(id string) (*Council, bool) {
	for i := range c.Councils {
		if c.Councils[i].ID == id {
			return &c.Councils[i], true
		}
	}
	return nil, false
}
