-- The line that a session has of ``ref``: one row or none.
--
-- Asked for in order, and forbidden to sort: only the index of refs is in that order. Left alone, a planner that
-- believes the table empty, as it does for a minute after much has been purged, may read every line of the session.
CREATE FUNCTION chat_known(session bigint, ref uuid) RETURNS SETOF chat_message
LANGUAGE sql STABLE
SET enable_seqscan = off SET enable_bitmapscan = off SET enable_sort = off
AS $$
    SELECT * FROM (
        SELECT * FROM chat_message line WHERE line.session_id = $1 AND line.ref >= $2 ORDER BY line.ref LIMIT 1
    ) AS first WHERE first.ref = $2
$$;
