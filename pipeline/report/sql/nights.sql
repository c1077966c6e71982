-- nights: the published nights, for the index page.
-- Grain: one row per published night, newest first.
SELECT
    live.as_of                              AS as_of,
    ifNull(scored.customers, 0)             AS customers,
    scored.exposure                         AS exposure,
    scored.expected_loss                    AS expected_loss,
    booked.invoices_base                    AS open_base,
    booked.overdue_base                     AS overdue_base,
    ifNull(warned.serious, 0)               AS serious,
    ifNull(checked.red, 0)                  AS red,
    ifNull(checked.amber, 0)                AS amber,
    ifNull(paged.en, 0)                     AS page_en,
    ifNull(paged.zh, 0)                     AS page_zh
FROM (SELECT as_of FROM creditwatch.live_runs) AS live
LEFT JOIN
(
    SELECT as_of, count() AS customers, sum(ead) AS exposure, sum(expected_loss) AS expected_loss
    FROM creditwatch.score_history
    GROUP BY as_of
) AS scored ON scored.as_of = live.as_of
LEFT JOIN
(
    SELECT as_of, sumIf(open_base, kind = 'invoice') AS invoices_base, sumIf(open_base, kind = 'invoice' AND days_past_due > 0) AS overdue_base
    FROM creditwatch.open_items
    GROUP BY as_of
) AS booked ON booked.as_of = live.as_of
LEFT JOIN
(
    SELECT as_of, count() AS serious
    FROM creditwatch.warnings
    WHERE state = 'open' AND published AND NOT over_budget AND severity >= 3
    GROUP BY as_of
) AS warned ON warned.as_of = live.as_of
LEFT JOIN
(
    SELECT as_of, countIf(light = 'red') AS red, countIf(light = 'amber') AS amber
    FROM creditwatch.checks
    GROUP BY as_of
) AS checked ON checked.as_of = live.as_of
LEFT JOIN
(
    SELECT as_of, countIf(language = 'en') AS en, countIf(language = 'zh') AS zh -- none of a language that was not asked for, or whose time was over
    FROM creditwatch.reports
    GROUP BY as_of
) AS paged ON paged.as_of = live.as_of
ORDER BY as_of DESC
