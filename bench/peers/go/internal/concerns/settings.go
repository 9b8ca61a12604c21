// Package concerns holds what the contenders written in Go have in common: what they are told, and what a production gateway
// does besides transcoding.
package concerns

import (
	"encoding/json"
	"fmt"
	"log"
	"os"
)

// Settings are those of bench/peer.ts.
type Settings struct {
	Mode         string  `json:"mode"`
	Sampling     float64 `json:"sampling"`
	Port         int     `json:"port"`
	UpstreamPort int     `json:"upstreamPort"`
	OtlpPort     int     `json:"otlpPort"`
	ExtraRoutes  int     `json:"extraRoutes"`
	JWT          struct {
		Secret   string `json:"secret"`
		Issuer   string `json:"issuer"`
		Audience string `json:"audience"`
	} `json:"jwt"`
}

// ReadSettings reads them from the environment, and ends the program when they are wrong.
func ReadSettings() Settings {
	var settings Settings
	if err := json.Unmarshal([]byte(os.Getenv("PEER_SETTINGS")), &settings); err != nil {
		log.Fatal("PEER_SETTINGS: ", err)
	}
	return settings
}

// Full tells whether all concerns are there.
func (settings Settings) Full() bool { return settings.Mode == "full" }

// Traced tells whether there is a tracer.
func (settings Settings) Traced() bool { return settings.Full() && settings.Sampling > 0 }

// Address is where to listen.
func (settings Settings) Address() string { return fmt.Sprintf("127.0.0.1:%d", settings.Port) }

// Upstream is where the service is.
func (settings Settings) Upstream() string { return fmt.Sprintf("127.0.0.1:%d", settings.UpstreamPort) }
