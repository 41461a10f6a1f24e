package server

import (
	"net/http"
	"strconv"
	"strings"
	"time"

	"github.com/prometheus/client_golang/prometheus"
	"github.com/prometheus/client_golang/prometheus/collectors"
	"github.com/prometheus/client_golang/prometheus/promhttp"
)

// metrics counts what the server does, for Prometheus at /metrics. No label holds a
// value of a case.
type metrics struct {
	registry *prometheus.Registry
	answers  *prometheus.HistogramVec
	open     *prometheus.GaugeVec
}

func newMetrics(js *jobs, version string) *metrics {
	m := &metrics{
		registry: prometheus.NewRegistry(),
		answers: prometheus.NewHistogramVec(prometheus.HistogramOpts{
			Name: "clew_http_answer_seconds", Help: "Time to answer requests, streams left out.",
			Buckets: []float64{.005, .02, .05, .1, .3, 1, 3, 10, 60},
		}, []string{"route", "status"}),
		open: prometheus.NewGaugeVec(prometheus.GaugeOpts{
			Name: "clew_http_open_requests", Help: "Requests being answered, streams among them.",
		}, []string{"route"}),
	}
	info := prometheus.NewGauge(prometheus.GaugeOpts{
		Name: "clew_build_info", Help: "Which clew this is.", ConstLabels: prometheus.Labels{"version": version},
	})
	info.Set(1)
	m.registry.MustRegister(m.answers, m.open, info, queueState{js}, collectors.NewGoCollector(),
		collectors.NewProcessCollector(collectors.ProcessCollectorOpts{}))
	return m
}

func (m *metrics) handler() http.Handler {
	return promhttp.HandlerFor(m.registry, promhttp.HandlerOpts{Registry: m.registry})
}

// counted counts what mux answers, by the pattern that it matched: addresses hold
// the names of cases, patterns do not.
func (m *metrics) counted(mux *http.ServeMux) http.Handler {
	return http.HandlerFunc(func(w http.ResponseWriter, r *http.Request) {
		_, route := mux.Handler(r)
		open := m.open.WithLabelValues(route)
		open.Inc()
		defer open.Dec()
		began := time.Now()
		seen := &statusSeen{ResponseWriter: w, status: http.StatusOK}
		mux.ServeHTTP(seen, r)
		if !seen.stream {
			m.answers.WithLabelValues(route, strconv.Itoa(seen.status)).Observe(time.Since(began).Seconds())
		}
	})
}

// statusSeen notes with what status an answer went out.
type statusSeen struct {
	http.ResponseWriter
	status int
	stream bool
}

func (s *statusSeen) WriteHeader(status int) {
	s.note(status)
	s.ResponseWriter.WriteHeader(status)
}

func (s *statusSeen) note(status int) {
	s.status = status
	s.stream = strings.HasPrefix(s.Header().Get("Content-Type"), "text/event-stream")
}

// Flush implements http.Flusher, which streams need.
func (s *statusSeen) Flush() { _ = http.NewResponseController(s.ResponseWriter).Flush() } // a client that is gone ends the request

// Unwrap lets deadlines be set on the connection.
func (s *statusSeen) Unwrap() http.ResponseWriter { return s.ResponseWriter }
