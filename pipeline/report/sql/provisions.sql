-- provisions: both provisions of the book, the parts of the gap, the movement since the last night.
-- Grain: one row, the book; none on a night without provisions.
SELECT open_base AS open, matrix_base AS matrix, model_base AS model, exposure_base AS by_exposure, cover_base AS by_cover, severity_base AS by_severity, probability_base AS by_probability, unscored_base AS by_unscored,
    opening_base AS opening, new_base AS fresh, released_base AS released, written_off_base AS written_off, fx_base AS fx
FROM creditwatch.provisions_rows
WHERE run = {run:UInt64} AND customer_id = ''
