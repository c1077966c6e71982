package jobs

import (
	"context"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
	"time"

	"github.com/rs/zerolog"

	"creditwatch/configs"
	"creditwatch/pipeline"
	"creditwatch/pipeline/warehouse"
)

// pingTimeout is how long a dead-man service may take to answer.
const pingTimeout = 10 * time.Second

// watched runs a night and tells those who watch: the dead-man service of monitor.ping hears of its start and its end, the file of
// monitor.textfile has the metrics afterwards. Whatever goes wrong with either is a warning in the log and nothing else. A night that
// another process holds or has published is that process's to tell of.
func (a *app) watched(ctx context.Context, db *warehouse.DB, c configs.Config, night func() (pipeline.Result, error)) (pipeline.Result, error) {
	log, logErr := a.logger()
	if logErr != nil {
		return pipeline.Result{}, logErr
	}
	started := make(chan struct{})
	go func() { // a slow service does not hold up the night
		defer close(started)
		ping(ctx, c.Monitor.Ping, "/start", log)
	}()
	var res pipeline.Result
	var err error
	if c.Warehouse.Address == "" { // the parts of a server are its keeper's
		err = wholeJournals(ctx, db)
	}
	if err == nil {
		err = guarded(log, func() (err error) {
			res, err = night()
			return err
		})
	}
	<-started // in order
	switch {
	case errors.Is(err, pipeline.ErrHeld), errors.Is(err, pipeline.ErrPublished), err == nil && res.Until != "":
	case err != nil:
		ping(ctx, c.Monitor.Ping, "/fail", log)
	default:
		ping(ctx, c.Monitor.Ping, "", log)
	}
	if textErr := a.writeMetrics(db, c); textErr != nil {
		log.Warn().Err(textErr).Msg("the metrics file was not written")
	}
	return res, err
}

// ping calls the URL with an event at the end of its path. The URL is a secret: neither it nor an error that may hold it is shown. It
// works when the caller's context is over, since a night that was interrupted has failed.
func ping(ctx context.Context, secret configs.Secret, event string, log zerolog.Logger) {
	if secret == "" {
		return
	}
	if err := callPing(ctx, secret, event); err != nil {
		log.Warn().Err(err).Msg("monitor.ping was not answered")
	}
}

func callPing(ctx context.Context, secret configs.Secret, event string) error {
	text, err := secret.Reveal()
	if err != nil {
		return err // names the variable or the file
	}
	u, err := url.Parse(strings.TrimSpace(text))
	if err != nil || u.Host == "" || u.Scheme != "https" && u.Scheme != "http" {
		return errors.New("want the URL of a ping service, http or https")
	}
	u.Path = strings.TrimSuffix(u.Path, "/") + event
	ctx, cancel := context.WithTimeout(context.WithoutCancel(ctx), pingTimeout)
	defer cancel()
	req, err := http.NewRequestWithContext(ctx, http.MethodGet, u.String(), nil)
	if err != nil {
		return errors.New("want the URL of a ping service, http or https")
	}
	client := http.Client{CheckRedirect: func(*http.Request, []*http.Request) error { return http.ErrUseLastResponse }}
	resp, err := client.Do(req)
	if err != nil {
		if outer := new(url.Error); errors.As(err, &outer) {
			err = outer.Err // without the URL
		}
		return err
	}
	defer resp.Body.Close()
	io.Copy(io.Discard, io.LimitReader(resp.Body, 64<<10)) //nolint:errcheck // for the connection's sake
	if resp.StatusCode >= 300 {
		return fmt.Errorf("answered %d", resp.StatusCode)
	}
	return nil
}
