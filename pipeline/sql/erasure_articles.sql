-- erasure_articles: articles that name the customer, or that tell of events of no other customer.
-- Grain: one row per article.
SELECT DISTINCT article_id
FROM creditwatch.articles_rows
WHERE match(concat(title, '\n', body, '\n', customer_hint, '\n', url), (SELECT any(text) FROM creditwatch.erasing WHERE what = 'pattern'))
   OR article_id IN
   (
       SELECT article_id
       FROM creditwatch.news_events_rows
       GROUP BY article_id
       HAVING uniqExact(customer_id) = 1 AND any(customer_id) = (SELECT any(text) FROM creditwatch.erasing WHERE what = 'number')
   )
ORDER BY article_id
