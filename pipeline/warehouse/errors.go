package warehouse

import (
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net"
	"net/http"
	"strings"
	"syscall"
	"time"

	"github.com/ClickHouse/clickhouse-go/v2"
	"github.com/cenkalti/backoff/v5"
)

// ErrUnreachable reports that no database answered within the time that is given for it to come back.
var ErrUnreachable = errors.New("database is unreachable")

// comeBack is how long a statement waits for a database that is gone or overloaded. An embedded engine is back in
// about half a second.
const comeBack = 45 * time.Second

// fate is what an error says about the statement.
type fate int

const (
	refused fate = iota // it was judged and will be judged so again
	unsent              // it never reached the server
	unknown             // it may or may not have been carried out
	delayed             // the server turned it away for now
)

const memoryLimit = 241 // MEMORY_LIMIT_EXCEEDED, by this statement or by its neighbours

// code is the number of a server's error, 0 for other errors.
func code(err error) int32 {
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		return ex.Code
	}
	return 0
}

// Server errors that pass: the statement did nothing, or only the part that a token covers.
var passing = map[int32]bool{
	202:         true, // TOO_MANY_SIMULTANEOUS_QUERIES
	209:         true, // SOCKET_TIMEOUT
	210:         true, // NETWORK_ERROR
	236:         true, // ABORTED: the server is shutting down
	memoryLimit: true,
	242:         true, // TABLE_IS_READ_ONLY
	252:         true, // TOO_MANY_PARTS
	319:         true, // UNKNOWN_STATUS_OF_INSERT
	425:         true, // SYSTEM_ERROR
	999:         true, // KEEPER_EXCEPTION
}

func fateOf(err error) fate {
	var no refusal
	if errors.As(err, &no) {
		return refused
	}
	var ex *clickhouse.Exception
	if errors.As(err, &ex) {
		if ex.Code == 252 && strings.Contains(ex.Message, "partitions for single INSERT") {
			return refused // the rows will not spread over fewer partitions the next time
		}
		if passing[ex.Code] {
			return delayed
		}
		return refused
	}
	var op *net.OpError
	if errors.As(err, &op) && op.Op == "dial" || errors.Is(err, syscall.ECONNREFUSED) || errors.Is(err, clickhouse.ErrAcquireConnTimeout) {
		return unsent
	}
	var httpErr *clickhouse.HTTPError
	if errors.As(err, &httpErr) {
		switch httpErr.StatusCode {
		case http.StatusBadGateway, http.StatusServiceUnavailable, http.StatusGatewayTimeout, http.StatusTooManyRequests:
			return delayed
		}
		return refused
	}
	var file *fs.PathError
	if errors.As(err, &file) {
		return refused // a missing file; its cause passes for a net.Error, for system errors have its methods
	}
	var netErr net.Error
	if errors.As(err, &netErr) || errors.Is(err, io.EOF) || errors.Is(err, io.ErrUnexpectedEOF) ||
		errors.Is(err, syscall.ECONNRESET) || errors.Is(err, syscall.EPIPE) || errors.Is(err, net.ErrClosed) {
		return unknown
	}
	return refused
}

// retry runs try until it succeeds, is refused, or the time to come back has passed. repeatable says whether a
// statement may be sent again when nobody knows if it was carried out.
func retry(ctx context.Context, repeatable bool, try func() error) error {
	var last error
	short := 0 // how often memory was short
	_, err := backoff.Retry(ctx, func() (struct{}, error) {
		err := try()
		last = err
		if err == nil {
			return struct{}{}, nil
		}
		if ctx.Err() != nil {
			return struct{}{}, backoff.Permanent(fmt.Errorf("%w: %w", context.Cause(ctx), err))
		}
		switch fateOf(err) {
		case refused:
			return struct{}{}, backoff.Permanent(err)
		case unknown:
			if !repeatable {
				return struct{}{}, backoff.Permanent(fmt.Errorf("statement may or may not have been carried out: %w", err))
			}
		case delayed:
			if code(err) == memoryLimit {
				short++
			}
			if !repeatable || short == 3 { // a statement too big by itself stays so
				return struct{}{}, backoff.Permanent(err)
			}
		}
		return struct{}{}, err
	}, backoff.WithBackOff(pace()), backoff.WithMaxElapsedTime(comeBack))
	if err == nil || errors.Is(err, context.Canceled) {
		return err
	}
	if f := fateOf(last); f == unsent || f == unknown && ctx.Err() == nil {
		if !errors.Is(err, last) {
			err = fmt.Errorf("%w: %w", err, last) // the time ran out between two tries
		}
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	return err
}

func pace() backoff.BackOff {
	b := backoff.NewExponentialBackOff()
	b.InitialInterval, b.MaxInterval = 50*time.Millisecond, 5*time.Second
	return b
}
