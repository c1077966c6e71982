-- validation_grey: tests that no scope of could be judged, those of one reason together, and what would end it.
-- Grain: one row per reason.
SELECT text_en, text_zh, arraySort(groupArray(code)) AS codes, arrayMap(x -> x.2, arraySort(groupArray((code, name_en)))) AS names_en, arrayMap(x -> x.2, arraySort(groupArray((code, name_zh)))) AS names_zh
FROM
(
    SELECT toString(code) AS code, any(r.name_en) AS name_en, any(r.name_zh) AS name_zh, argMin(r.text_en, (scope != 'book', length(scope), scope)) AS text_en, argMin(r.text_zh, (scope != 'book', length(scope), scope)) AS text_zh
    FROM creditwatch.validation_results_rows AS r
    WHERE run = {run:UInt64} AND model_id IN (SELECT model_id FROM creditwatch.validations_rows WHERE run = {run:UInt64} AND role != 'challenger')
    GROUP BY code
    HAVING countIf(light != 'grey') = 0
)
GROUP BY text_en, text_zh
ORDER BY length(codes) DESC, codes
