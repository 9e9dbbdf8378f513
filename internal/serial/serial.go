// Package serial does the work of a node that must not block its flow, one job
// after the other.
package serial

import (
	"context"
	"sync"
)

// Queue runs jobs in the order in which they were added, on a goroutine that
// lives while there is work. The zero Queue is ready to use. It has no limit of
// its own: a job that stands for a message holds the message's cause, so that
// the source of the messages waits.
type Queue struct {
	mu   sync.Mutex
	jobs []func()
	idle chan struct{} // closed when the last job is done; nil without work
}

// Add adds a job.
func (q *Queue) Add(job func()) {
	q.mu.Lock()
	defer q.mu.Unlock()
	q.jobs = append(q.jobs, job)
	if q.idle == nil {
		q.idle = make(chan struct{})
		go q.run()
	}
}

func (q *Queue) run() {
	for {
		q.mu.Lock()
		if len(q.jobs) == 0 {
			close(q.idle)
			q.idle = nil
			q.jobs = nil
			q.mu.Unlock()
			return
		}
		job := q.jobs[0]
		q.jobs[0] = nil
		q.jobs = q.jobs[1:]
		q.mu.Unlock()
		job()
	}
}

// Wait returns when all jobs are done, or with an error when ctx ends before.
func (q *Queue) Wait(ctx context.Context) error {
	q.mu.Lock()
	idle := q.idle
	q.mu.Unlock()
	if idle == nil {
		return nil
	}
	select {
	case <-idle:
		return nil
	case <-ctx.Done():
		return ctx.Err()
	}
}
