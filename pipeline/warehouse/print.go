package warehouse

import (
	"context"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"strings"
)

// Print runs one statement as the read-only analyst and copies the answer, in a format of ClickHouse, to w.
func (db *DB) Print(ctx context.Context, w io.Writer, sql, format string) error {
	ep := db.Endpoint()
	if !plainName.MatchString(format) {
		return fmt.Errorf("format %q: want the name of a ClickHouse format, as PrettyCompact or CSVWithNames", format)
	}
	// The answer is held back until it is whole, so that an error in its middle is a status and not a line of the answer.
	u := ep.URL + "/?" + url.Values{"database": {db.database}, "default_format": {format}, "wait_end_of_query": {"1"}}.Encode()
	req, err := http.NewRequestWithContext(ctx, http.MethodPost, u, strings.NewReader(sql))
	if err != nil {
		return err
	}
	req.SetBasicAuth(ep.User, ep.Password)
	client := &http.Client{Transport: &http.Transport{DialContext: ep.Dial, DisableKeepAlives: true}}
	res, err := client.Do(req)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrUnreachable, err)
	}
	defer res.Body.Close()
	if res.StatusCode != http.StatusOK {
		text, err := io.ReadAll(io.LimitReader(res.Body, 4<<10))
		if err != nil {
			return err
		}
		message := strings.TrimSpace(string(text))
		if _, after, ok := strings.Cut(message, "DB::Exception: "); ok {
			message = after
		}
		message, _, _ = strings.Cut(message, " (version ")
		return fmt.Errorf("%s", message)
	}
	_, err = io.Copy(w, res.Body)
	return err
}
