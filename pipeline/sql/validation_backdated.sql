-- validation_backdated: rows that runs after a night have accepted and that claim to have been known before its cut.
-- Grain: one row per ledger table.
SELECT
    countIf(known_at < {known_by:DateTime64(3)}) AS backdated, any(table) AS name
FROM
(
    SELECT 'customers' AS table, run, known_at FROM creditwatch.customers_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'transactions', run, known_at FROM creditwatch.transactions_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'contracts', run, known_at FROM creditwatch.contracts_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'interactions', run, known_at FROM creditwatch.interactions_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'external_ratings', run, known_at FROM creditwatch.external_ratings_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'outcomes', run, known_at FROM creditwatch.outcomes_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'articles', run, known_at FROM creditwatch.articles_rows WHERE run IN {later:Array(UInt64)}
    UNION ALL SELECT 'fx_rates', run, known_at FROM creditwatch.fx_rates_rows WHERE run IN {later:Array(UInt64)}
)
GROUP BY table
ORDER BY name
