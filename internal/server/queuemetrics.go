package server

import (
	"context"

	"github.com/prometheus/client_golang/prometheus"

	"clew/internal/job"
)

// queueState tells how the queue stands as it is asked for: of a team, every server
// tells the same of the queue they share.
type queueState struct{ *jobs }

var (
	runsDescription    = prometheus.NewDesc("clew_investigations", "Investigations that are remembered, by state.", []string{"state"}, nil)
	queuedDescription  = prometheus.NewDesc("clew_jobs_queued", "Jobs that wait for a worker, by kind.", []string{"kind"}, nil)
	runningDescription = prometheus.NewDesc("clew_jobs_running", "Jobs that a worker has, by kind.", []string{"kind"}, nil)
	oldestDescription  = prometheus.NewDesc("clew_jobs_oldest_seconds", "Age of the job that waits longest, 0 for none.", nil, nil)
	stuckDescription   = prometheus.NewDesc("clew_jobs_stuck", "Jobs that do not get on by themselves: clew doctor names them.", nil, nil)
	workersDescription = prometheus.NewDesc("clew_workers", "Workers that were heard of in the last minute.", nil, nil)
	queueUpDescription = prometheus.NewDesc("clew_jobs_up", "Whether the record of jobs answers.", nil, nil)
)

// Describe implements [prometheus.Collector].
func (queueState) Describe(out chan<- *prometheus.Desc) {
	for _, d := range []*prometheus.Desc{runsDescription, queuedDescription, runningDescription, oldestDescription, stuckDescription, workersDescription, queueUpDescription} {
		out <- d
	}
}

// Collect implements [prometheus.Collector]. Without the record there is nothing to
// tell but that.
func (q queueState) Collect(out chan<- prometheus.Metric) {
	gauge := func(d *prometheus.Desc, value float64, labels ...string) {
		out <- prometheus.MustNewConstMetric(d, prometheus.GaugeValue, value, labels...)
	}
	ctx, cancel := context.WithTimeout(context.Background(), readyWithin)
	defer cancel()
	standing, err := q.store.Standing(ctx)
	var runs []job.Job
	if err == nil {
		runs, err = q.store.List(ctx, job.Filter{Kinds: runKinds})
	}
	if err != nil {
		gauge(queueUpDescription, 0)
		return
	}
	gauge(queueUpDescription, 1)
	states := map[job.State]int{job.Queued: 0, job.Running: 0, job.Complete: 0, job.Interrupted: 0, job.Failed: 0}
	for _, r := range runs {
		states[r.State]++
	}
	for state, n := range states {
		gauge(runsDescription, float64(n), string(state))
	}
	for _, kind := range append([]string{kindHunt}, runKinds...) {
		gauge(queuedDescription, float64(standing.Queued[kind]), kind)
		gauge(runningDescription, float64(standing.Running[kind]), kind)
	}
	gauge(oldestDescription, standing.Oldest.Seconds())
	gauge(stuckDescription, float64(len(standing.Stuck)))
	gauge(workersDescription, float64(len(standing.Workers)))
}
