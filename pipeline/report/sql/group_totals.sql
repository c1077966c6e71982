-- group_totals: how much of the book belongs to groups of several customers, and what fallen members may drag along.
-- Grain: one row.
SELECT
    count()                                                        AS groups,
    sum(length(members))                                           AS customers,
    countIf(length(members) > 1)                                   AS several,
    sumIf(length(members), length(members) > 1)                    AS several_customers,
    sum(exposure_base)                                             AS exposure,
    sumIf(exposure_base, length(members) > 1)                      AS several_exposure,
    countIf(notEmpty(dragged))                                     AS dragging,
    sum(dragged_base)                                              AS at_stake,
    sum(dragged_loss)                                              AS loss_at_stake,
    countIf(length(members) > 1 AND exposure_base > in_force_base) AS over,
    countIf(notEmpty(cycle))                                       AS circles,
    countIf(notEmpty(cut))                                         AS cuts
FROM creditwatch.group_exposure_rows
WHERE run = {run:UInt64}
