package pipeline

import (
	"context"
	"encoding/base64"
	"errors"
	"fmt"
	"slices"

	"creditwatch/features"
	"creditwatch/models"
	"creditwatch/pipeline/asof"
	"creditwatch/pipeline/rows"
)

// A modelRow is a row of the table models: a model with all that tells whether it may score, and since when it does.
type modelRow struct {
	Run           uint64     `ch:"run"`
	AsOf          asof.Date  `ch:"as_of"`
	ModelID       string     `ch:"model_id"`
	Learner       string     `ch:"learner"`
	Role          string     `ch:"role"`
	IsChampion    bool       `ch:"is_champion"`
	TrainedOn     asof.Date  `ch:"trained_on"`
	Horizon       uint8      `ch:"horizon_months"`
	Fingerprint   string     `ch:"fingerprint"`
	Note          string     `ch:"note"`
	Artefact      string     `ch:"artefact"` // base64: the column is text
	Hash          string     `ch:"hash"`
	Size          uint64     `ch:"size"`
	Format        string     `ch:"format"`
	Code          string     `ch:"code"`
	Seed          uint64     `ch:"seed"`
	Rows          uint64     `ch:"rows"`
	Defaults      uint64     `ch:"defaults"`
	From          *asof.Date `ch:"window_from"`
	To            *asof.Date `ch:"window_to"`
	Parameters    string     `ch:"parameters"`
	UnseenFrom    *asof.Date `ch:"unseen_from"`
	UnseenModulo  uint32     `ch:"unseen_modulo"`
	UnseenEquals  uint32     `ch:"unseen_equals"`
	Canaries      string     `ch:"canaries"`
	ChampionSince *asof.Date `ch:"champion_since"`
	ShadowSince   *asof.Date `ch:"shadow_since"`
	ShadowNights  uint32     `ch:"shadow_nights"`
	Probe         string     `ch:"probe"`
}

// Roles of a model in a night.
const (
	roleChampion   = "champion"
	roleShadow     = "shadow"
	roleChallenger = "challenger"
	roleNone       = "none"
)

// An objection says why a model must not score, or why there is none: a code for machines, a sentence for people.
type objection struct{ Code, EN, ZH string }

// A candidate is a model with its row.
type candidate struct {
	*modelRow
	model *models.Model
}

// register makes the row of a model trained tonight.
func (n *Night) register(m *models.Model, in *models.TrainInput) (modelRow, error) {
	b, err := m.MarshalBinary()
	if err != nil {
		return modelRow{}, err
	}
	sample := few(in, probeRows)
	rec, err := take(in.Features, sample)
	if err != nil {
		return modelRow{}, err
	}
	defer rec.Release()
	probe, err := m.Probe(rec)
	if err != nil {
		return modelRow{}, err
	}
	r := modelRow{
		ModelID: m.ID(), Learner: m.Learner, Role: roleChallenger, TrainedOn: n.AsOf, Horizon: uint8(n.Default.HorizonMonths), Fingerprint: modelFingerprint(),
		Artefact: base64.StdEncoding.EncodeToString(b), Hash: hashOf(b), Size: uint64(len(b)), Format: models.Format, Code: n.Code, Seed: n.Train.Seed,
		Rows: uint64(m.Rows), Defaults: uint64(m.Defaults), From: dateOr(m.From), To: dateOr(m.To), Parameters: m.Parameters(), Probe: string(probe),
	}
	r.UnseenFrom, r.UnseenModulo, r.UnseenEquals = n.unseen(in)
	return r, nil
}

// probeRows is how many rows the probe of a model is drawn from.
const probeRows = 500

func dateOr(d asof.Date) *asof.Date {
	if d.IsZero() {
		return nil
	}
	return &d
}

func modelFingerprint() string {
	var names []string
	for _, f := range features.ModelFeatures() {
		names = append(names, f.Name)
	}
	return models.Fingerprint(names)
}

// vet reads a model back and holds it against what was registered of it: the hash of its bytes, their format, the features of this
// program's catalogue, and the scores it gave when it was trained. A row of before there was a registry has only its id.
func (m *modelRow) vet() (*models.Model, *objection) {
	refuse := func(code, en, zh string) (*models.Model, *objection) {
		return nil, &objection{code, "model " + m.ModelID + " is refused: " + en, "模型 " + m.ModelID + " 被拒用：" + zh}
	}
	b, err := base64.StdEncoding.DecodeString(m.Artefact)
	if err != nil {
		return refuse("unreadable", "its artefact is not base64: "+err.Error(), "模型文件不是 base64："+err.Error())
	}
	if hash := hashOf(b); m.Hash != "" && hash != m.Hash {
		return refuse("hash", fmt.Sprintf("the hash of its artefact is %.12s, registered is %.12s", hash, m.Hash), fmt.Sprintf("模型文件的哈希为 %.12s，登记的是 %.12s", hash, m.Hash))
	}
	if format := models.FormatOf(b); format != models.Format {
		return refuse("format", fmt.Sprintf("its format is %q, this program reads %q", format, models.Format), fmt.Sprintf("格式为 %q，本程序读取 %q", format, models.Format))
	}
	if own := modelFingerprint(); m.Fingerprint != own {
		return refuse("features", fmt.Sprintf("it reads the features %.12s, the catalogue has %.12s", m.Fingerprint, own), fmt.Sprintf("所用特征为 %.12s，目录为 %.12s", m.Fingerprint, own))
	}
	model, err := models.Load(b)
	switch {
	case errors.Is(err, models.ErrFeatures):
		return refuse("features", err.Error(), err.Error())
	case err != nil:
		return refuse("unreadable", err.Error(), err.Error())
	case model.ID() != m.ModelID:
		return refuse("hash", "the artefact is that of "+model.ID(), "模型文件属于 "+model.ID())
	}
	if m.Probe != "" {
		if err := model.Check([]byte(m.Probe)); err != nil {
			return refuse("code", fmt.Sprintf("%v (trained by %s)", err, m.Code), fmt.Sprintf("本程序给出的评分与训练时（程序 %s）不同：%v", m.Code, err))
		}
	}
	return model, nil
}

// A registry is what a night takes over from the one before it.
type registry struct {
	champion, shadow *candidate
	decision         string // model_decisions followed last
	metrics          []metricRow
}

// registered reads a row of models.
func registered(r *rows.Row) *modelRow {
	return &modelRow{
		ModelID: r.Text("model_id"), Learner: r.Text("learner"), Role: r.Text("role"), IsChampion: r.Is("is_champion"), TrainedOn: r.Date("trained_on"),
		Horizon: uint8(r.Whole("horizon_months")), Fingerprint: r.Text("fingerprint"), Note: r.Text("note"), Artefact: r.Text("artefact"), Hash: r.Text("hash"),
		Size: uint64(r.Whole("size")), Format: r.Text("format"), Code: r.Text("code"), Seed: uint64(r.Whole("seed")), Rows: uint64(r.Whole("rows")),
		Defaults: uint64(r.Whole("defaults")), From: dateOr(r.Date("window_from")), To: dateOr(r.Date("window_to")), Parameters: r.Text("parameters"),
		UnseenFrom: dateOr(r.Date("unseen_from")), UnseenModulo: uint32(r.Whole("unseen_modulo")), UnseenEquals: uint32(r.Whole("unseen_equals")),
		Canaries: r.Text("canaries"), ChampionSince: dateOr(r.Date("champion_since")), ShadowSince: dateOr(r.Date("shadow_since")),
		ShadowNights: uint32(r.Whole("shadow_nights")), Probe: r.Text("probe"),
	}
}

// takeOver reads champion and shadow of the last published night and vets both. A champion that is refused gives way to the newest
// earlier one that is good and was not taken back; record says so.
func (n *Night) takeOver(ctx context.Context, back map[string]bool, record func(promotionRow)) (reg registry, err error) {
	if n.Previous.Run == 0 {
		return reg, nil
	}
	p := map[string]any{"run": n.Previous.Run}
	var carried []*modelRow
	err = rows.Each(ctx, n, "models", sqlOf("carried_models"), p, func(r *rows.Row) error { carried = append(carried, registered(r)); return nil })
	if err != nil {
		return reg, err
	}
	err = rows.Each(ctx, n, "promotions", sqlOf("decision_followed"), p, func(r *rows.Row) error { reg.decision = r.Text("decision_id"); return nil })
	if err != nil {
		return reg, err
	}
	sought := false
	for _, row := range carried {
		model, no := row.vet()
		switch {
		case no != nil && row.IsChampion:
			if n.Say != nil {
				n.Say(no.EN)
			}
			record(promotionRow{Decision: "refused", Champion: row.ModelID, Finding: no.Code, EN: no.EN, ZH: no.ZH})
			sought = true
			if reg.champion, err = n.lastGoodChampion(ctx, row.ModelID, back, record); err != nil {
				return reg, err
			}
		case no != nil:
			record(promotionRow{Decision: "refused", Challenger: row.ModelID, Finding: no.Code, EN: no.EN + "; it leaves the shadow", ZH: no.ZH + "；退出影子运行"})
		case row.IsChampion:
			reg.champion = &candidate{row, model}
		default:
			reg.shadow = &candidate{row, model}
		}
	}
	if reg.champion == nil && !sought { // the night before had none: one that was refused then may be good again
		if reg.champion, err = n.lastGoodChampion(ctx, "", back, record); err != nil {
			return reg, err
		}
	}
	return reg, n.carryMetrics(ctx, &reg)
}

// lastGoodChampion returns the newest champion of an earlier night that is not to be refused and that people did not take back; nil if
// there is none.
func (n *Night) lastGoodChampion(ctx context.Context, refused string, back map[string]bool, record func(promotionRow)) (good *candidate, err error) {
	err = rows.Each(ctx, n, "models", sqlOf("earlier_champions"), n.params(nil), func(r *rows.Row) error {
		row := registered(r)
		if good != nil || back[row.ModelID] {
			return nil
		}
		if model, no := row.vet(); no == nil {
			row.Role, row.ShadowSince, row.ShadowNights = roleChampion, nil, 0
			if row.ModelID != refused || row.ChampionSince == nil {
				row.ChampionSince = dateOr(n.AsOf)
			}
			good = &candidate{row, model}
		}
		return nil
	})
	if good != nil {
		record(promotionRow{Decision: "restored", Challenger: good.ModelID, Live: good.ModelID,
			EN: fmt.Sprintf("the last good champion scores: %s, trained on data up to %s", good.ModelID, good.TrainedOn),
			ZH: fmt.Sprintf("由最近一个完好的现用模型评分：%s，训练数据截至 %s", good.ModelID, good.TrainedOn)})
	}
	return good, err
}

// findModel returns the newest good copy of a model of the nights published before a date, or why there is none.
func findModel(ctx context.Context, q rows.Querier, id string, before asof.Date) (found *candidate, no *objection, err error) {
	no = &objection{"unknown", "no published night has a model " + id, "已发布的各晚中没有模型 " + id}
	err = rows.Each(ctx, q, "models", sqlOf("model_copies"), map[string]any{"model": id, "as_of": before}, func(r *rows.Row) error {
		if found != nil {
			return nil
		}
		row := registered(r)
		if model, why := row.vet(); why == nil {
			found, no = &candidate{row, model}, nil
		} else if no.Code == "unknown" {
			no = why
		}
		return nil
	})
	return found, no, err
}

// Vet says why a model of a published night would be refused, "" if it would not.
func Vet(ctx context.Context, q rows.Querier, id string) (string, error) {
	_, no, err := findModel(ctx, q, id, asof.Latest)
	if no != nil {
		return no.EN, err
	}
	return "", err
}

// unseen says which rows a model trained on in has not learnt from, so that later nights know by which to judge it: those of snapshots from a
// date on, or customers by their number. Where neither holds it returns nothing: no row is then sure.
func (n *Night) unseen(in *models.TrainInput) (from *asof.Date, modulo, equals uint32) {
	if !slices.Contains(in.Holdout, true) || in.Cohorts == nil {
		return nil, 0, 0
	}
	if !in.Until.IsZero() { // no outcome learnt from reaches beyond it
		return &in.Until, 0, 0
	}
	firstHeld, lastLearnt := asof.Latest, asof.Earliest
	h := n.Train.Holdout
	if h.Modulo == 0 {
		h = judges
	}
	byCustomer := true
	for i, held := range in.Holdout {
		if held {
			firstHeld = min(firstHeld, in.Cohorts[i])
		} else {
			lastLearnt = max(lastLearnt, in.Cohorts[i])
		}
		byCustomer = byCustomer && held == h.holds(in.Customers[i])
	}
	switch {
	case lastLearnt < firstHeld:
		return &firstHeld, 0, 0
	case byCustomer:
		return nil, uint32(h.Modulo), uint32(h.Equals)
	}
	return nil, 0, 0
}

// judges are the customers that judge where the history is too short to separate in time; see split.
var judges = Holdout{Modulo: 5}

// hasNotSeen reports whether a model has not learnt from a row.
func (m *modelRow) hasNotSeen(cohort asof.Date, customer string) bool {
	if m.UnseenFrom != nil {
		return cohort >= *m.UnseenFrom
	}
	return Holdout{Modulo: int(m.UnseenModulo), Equals: int(m.UnseenEquals)}.holds(customer)
}
