package sources

import (
	"bytes"
	"context"
	"encoding/base64"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net/http"
	"net/url"
	"slices"
	"strings"

	"github.com/google/uuid"
	"golang.org/x/oauth2"
	"golang.org/x/oauth2/clientcredentials"
)

// Login says how the service knows who asks. It is done when it is needed and again, once for a request, when the service says that it
// is no longer good; sources with the same login share it for the night.
type Login struct {
	Kind          string `yaml:"kind"`           // none (default), key, basic, oauth2, fxiaoke
	URL           string `yaml:"url"`            // where tokens are given, of oauth2 and fxiaoke
	ID            Secret `yaml:"id"`             // user, client id or appId
	Secret        Secret `yaml:"secret"`         // password, client secret, appSecret, or the key itself
	RefreshToken  Secret `yaml:"refresh_token"`  // of oauth2; none: the grant is client_credentials
	PermanentCode Secret `yaml:"permanent_code"` // of fxiaoke
	User          Secret `yaml:"user"`           // ${user}: who is asked for, as the openUserId of fxiaoke
	Scopes        string `yaml:"scopes"`         // of client_credentials, between blanks
}

// needs lists the secrets of a kind of login, with their keys.
func (l Login) needs() map[string]Secret {
	switch l.Kind {
	case "key":
		return map[string]Secret{"secret": l.Secret}
	case "basic", "oauth2":
		return map[string]Secret{"id": l.ID, "secret": l.Secret}
	case "fxiaoke":
		return map[string]Secret{"id": l.ID, "secret": l.Secret, "permanent_code": l.PermanentCode}
	}
	return nil
}

// gives lists the names that requests may use.
func (l Login) gives() []string {
	var names []string
	switch l.Kind {
	case "key", "basic", "oauth2":
		names = []string{"access"}
	case "fxiaoke":
		names = []string{"access", "corp"}
	}
	if l.User != "" {
		names = append(names, "user")
	}
	return names
}

func (l Login) check(s Source, bad func(key, format string, args ...any)) {
	if !slices.Contains([]string{"", "none", "key", "basic", "oauth2", "fxiaoke"}, l.Kind) {
		bad("api.login.kind", "must be none, key, basic, oauth2 or fxiaoke, got %s", quoted(l.Kind))
	}
	for _, one := range []struct {
		key   string
		value Secret
	}{{"id", l.ID}, {"secret", l.Secret}, {"refresh_token", l.RefreshToken}, {"permanent_code", l.PermanentCode}, {"user", l.User}} {
		if v := string(one.value); v != "" && !strings.HasPrefix(v, "env:") && !strings.HasPrefix(v, "file:") {
			bad("api.login."+one.key, "must be env:NAME or file:PATH, not the secret itself")
		}
		if _, needed := l.needs()[one.key]; needed && one.value == "" {
			bad("api.login."+one.key, "is needed for %s", l.Kind)
		}
	}
	if l.Kind == "oauth2" || l.Kind == "fxiaoke" {
		if u, err := url.Parse(l.URL); err != nil || u.Host == "" || u.User != nil || !s.mayCall(u) {
			bad("api.login.url", "must be an https address, or its host be in allow_hosts")
		}
	} else if l.URL != "" {
		bad("api.login.url", "is for oauth2 and fxiaoke")
	}
}

// A session is a login that is done: what it gave, and every secret that must not be seen.
type session struct {
	login  Login
	client *http.Client
	secret map[string]string // by key of the configuration
	gave   map[string]string // by name of the requests; nil: to be done
	hidden []string

	replaced bool // the refresh token, by the service
}

// session returns the one that sources with the same login share.
func (p *pull) session(l Login, client *http.Client) (*session, error) {
	if s, ok := p.sessions[l]; ok {
		return s, nil
	}
	s := &session{login: l, client: client, secret: map[string]string{}}
	needed := l.needs()
	for key, more := range map[string]Secret{"refresh_token": l.RefreshToken, "user": l.User} {
		if more != "" {
			if needed == nil {
				needed = map[string]Secret{}
			}
			needed[key] = more
		}
	}
	for key, secret := range needed {
		v, err := secret.Reveal()
		if err == nil && v == "" {
			err = fmt.Errorf("%s is empty", string(secret))
		}
		if err != nil {
			return nil, &kinded{ErrConfig, fmt.Errorf("api.login.%s: %w", key, err)}
		}
		if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' }) {
			return nil, &kinded{ErrConfig, fmt.Errorf("api.login.%s: holds a line break or control character", key)}
		}
		s.secret[key] = v
		s.hide(v)
	}
	if p.sessions == nil {
		p.sessions = map[Login]*session{}
	}
	p.sessions[l] = s
	return s, nil
}

// hide keeps a secret out of every message, as it is and as addresses write it.
func (s *session) hide(secret string) {
	for _, form := range []string{secret, url.QueryEscape(secret), url.PathEscape(secret), insideText(secret)} {
		if form != "" && !slices.Contains(s.hidden, form) {
			s.hidden = append(s.hidden, form)
		}
	}
	slices.SortFunc(s.hidden, func(a, b string) int { return len(b) - len(a) }) // a secret may be part of another
}

func (s *session) clean(text string) string {
	for _, h := range s.hidden {
		text = strings.ReplaceAll(text, h, "***")
	}
	return text
}

// forget has the next request log in again.
func (s *session) forget() { s.gave = nil }

// renewable reports whether logging in again may help.
func (s *session) renewable() bool { return s.login.Kind == "oauth2" || s.login.Kind == "fxiaoke" }

// errLogin is a login that was refused: trying again does not help.
type errLogin struct{ why string }

func (e errLogin) Error() string { return "login is refused: " + e.why }

// open logs in if it is not done yet.
func (s *session) open(ctx context.Context) error {
	if s.gave != nil {
		return nil
	}
	gave := map[string]string{}
	var err error
	switch s.login.Kind {
	case "key":
		gave["access"] = s.secret["secret"]
	case "basic":
		gave["access"] = base64.StdEncoding.EncodeToString([]byte(s.secret["id"] + ":" + s.secret["secret"]))
	case "oauth2":
		gave["access"], err = s.openOAuth(ctx)
	case "fxiaoke":
		gave["access"], gave["corp"], err = s.openFxiaoke(ctx)
	}
	if err != nil {
		return err
	}
	for _, name := range []string{"access", "corp"} {
		if v := gave[name]; v != "" {
			if strings.ContainsFunc(v, func(r rune) bool { return r < ' ' || r == 0x7f }) {
				return errLogin{"the token holds control characters"}
			}
			s.hide(v)
		}
	}
	s.gave = gave
	return nil
}

func (s *session) openOAuth(ctx context.Context) (string, error) {
	ctx = context.WithValue(ctx, oauth2.HTTPClient, s.client)
	var token *oauth2.Token
	var err error
	if s.login.RefreshToken == "" {
		c := clientcredentials.Config{ClientID: s.secret["id"], ClientSecret: s.secret["secret"], TokenURL: s.login.URL, Scopes: strings.Fields(s.login.Scopes), AuthStyle: oauth2.AuthStyleInParams}
		token, err = c.Token(ctx)
	} else {
		c := oauth2.Config{ClientID: s.secret["id"], ClientSecret: s.secret["secret"], Endpoint: oauth2.Endpoint{TokenURL: s.login.URL, AuthStyle: oauth2.AuthStyleInParams}}
		token, err = c.TokenSource(ctx, &oauth2.Token{RefreshToken: s.secret["refresh_token"]}).Token()
	}
	var refused *oauth2.RetrieveError
	switch {
	case errors.As(err, &refused): // whose text is the whole answer
		why := fmt.Sprintf("the server answers %d", refused.Response.StatusCode)
		if refused.ErrorCode != "" {
			why += " " + quoted(refused.ErrorCode)
		}
		if passes(refused.Response.StatusCode) {
			return "", errors.New("login: " + why)
		}
		return "", errLogin{why}
	case err != nil && isTransport(err):
		return "", fmt.Errorf("login: %w", withoutAddress(err))
	case err != nil:
		return "", errLogin{"the answer is no token as OAuth 2.0 has it"}
	}
	if r := s.secret["refresh_token"]; token.RefreshToken != "" && token.RefreshToken != r {
		s.secret["refresh_token"], s.replaced = token.RefreshToken, true
		s.hide(token.RefreshToken)
	}
	return token.AccessToken, nil
}

// openFxiaoke asks 纷享销客 for a token, which is good for two hours: a corpAccessToken with its corpId, or at /oauth2.0/token an accessToken
// with its ea.
func (s *session) openFxiaoke(ctx context.Context) (access, corp string, err error) {
	says := map[string]string{"appId": s.secret["id"], "appSecret": s.secret["secret"], "permanentCode": s.secret["permanent_code"]}
	token, whose := "corpAccessToken", "corpId"
	at, err := url.Parse(s.login.URL)
	if err != nil {
		return "", "", withoutAddress(err)
	}
	if strings.HasSuffix(at.Path, "/oauth2.0/token") {
		says["grantType"] = "app_secret"
		token, whose = "accessToken", "ea"
	}
	q := at.Query()
	q.Set("thirdTraceId", uuid.NewString())
	at.RawQuery = q.Encode()
	ask, err := json.Marshal(says)
	if err != nil {
		return "", "", err
	}
	request, err := http.NewRequestWithContext(ctx, http.MethodPost, at.String(), bytes.NewReader(ask))
	if err != nil {
		return "", "", withoutAddress(err)
	}
	request.Header.Set("Content-Type", "application/json")
	request.Header.Set("User-Agent", "creditwatch")
	response, err := s.client.Do(request)
	if err != nil {
		return "", "", fmt.Errorf("login: %w", withoutAddress(err))
	}
	defer response.Body.Close()
	body, err := io.ReadAll(io.LimitReader(response.Body, 1<<20))
	if err != nil {
		return "", "", fmt.Errorf("login: answer is not whole: %w", err)
	}
	if response.StatusCode != http.StatusOK {
		if passes(response.StatusCode) {
			return "", "", fmt.Errorf("login: server answers %d", response.StatusCode)
		}
		return "", "", errLogin{fmt.Sprintf("the server answers %d", response.StatusCode)}
	}
	if err := checkAnswer(body); err != nil {
		return "", "", errLogin{err.Error()}
	}
	part := func(name string) string { v, _ := dig(body, name); return scalar(v) }
	if code := part("errorCode"); code != "0" {
		return "", "", errLogin{fmt.Sprintf("errorCode %s, %s", quoted(code), quoted(part("errorMessage")))}
	}
	access, corp = part(token), part(whose)
	if access == "" || corp == "" {
		return "", "", errLogin{"the answer has no " + token + " or no " + whose}
	}
	return access, corp, nil
}
