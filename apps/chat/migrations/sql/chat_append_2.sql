-- The one place that gives a line of a chat its seq.
--
-- ``turns``: an array of arrays of lines, each with at most one of a session; what a session's people say one after the
-- other comes in turns of one commit. The first query locks the sessions, in the order of their ids, so that two batches never wait
-- for each other in a circle. Those that follow, one a turn, see what was committed before that lock (a volatile
-- function takes a new snapshot per query) and the turns before, so repeat against first copy, cancel against late send
-- and send against close are decided here. With ``wait`` off, sessions that somebody else holds are ``busy``.
--
-- ``turn`` counts from 1. Outcomes: stored, repeat (seq and time of the first copy), conflict, cancelled, forbidden,
-- closed, busy. No row: the session is gone. Measured against a loop over the lines: 2.5 times as many a second. The
-- settings forbid plans that scan, whatever the planner believes about tables that have just been filled; and what is
-- asked for in order, reading more than one line of a session.
DROP FUNCTION chat_append(jsonb, boolean);
CREATE FUNCTION chat_append(turns jsonb, wait boolean DEFAULT true)
RETURNS TABLE (turn integer, session bigint, outcome text, seq integer, prev integer, at timestamptz, status text)
LANGUAGE plpgsql
SET enable_seqscan = off SET enable_hashjoin = off SET enable_mergejoin = off SET enable_bitmapscan = off
SET enable_sort = off
AS $$
#variable_conflict use_column
DECLARE
    wanted bigint[];
    held bigint[];
BEGIN
    IF jsonb_typeof(turns -> 0) = 'object' THEN  -- one turn, from a process that was started before this was installed
        turns := jsonb_build_array(turns);
    END IF;
    wanted := ARRAY(SELECT (line ->> 'session')::bigint
                    FROM jsonb_array_elements(turns) batch, jsonb_array_elements(batch) line);
    IF wait THEN
        held := ARRAY(SELECT id FROM chat_chatsession WHERE id = ANY (wanted) ORDER BY id FOR NO KEY UPDATE);
    ELSE
        held := ARRAY(SELECT id FROM chat_chatsession WHERE id = ANY (wanted) ORDER BY id
                      FOR NO KEY UPDATE SKIP LOCKED);
    END IF;
    FOR turn IN 1 .. jsonb_array_length(turns) LOOP
        RETURN QUERY
        WITH line AS (
            SELECT * FROM jsonb_to_recordset(turns -> turn - 1) AS l(
                session bigint, ref uuid, hash text, actor text, actor_id bigint, guarded boolean,
                sender text, sender_id bigint, sender_name text,
                kind text, body text, payload jsonb, internal boolean, at timestamptz)
        ), judged AS MATERIALIZED (
            SELECT line.*, chat.status, known.seq AS known_seq, known.at AS known_at,
                chat.last_seq + 1 AS seq, chat.last_public_seq AS prev,
                CASE
                    WHEN line.session <> ALL (held) THEN 'busy'
                    WHEN line.actor = 'customer' AND chat.customer_id <> line.actor_id THEN 'forbidden'
                    WHEN known.content_hash = line.hash THEN 'repeat'
                    WHEN known.seq IS NOT NULL THEN 'conflict'
                    WHEN (SELECT true FROM chat_cancelledref dead
                          WHERE dead.session_id = line.session AND dead.ref = line.ref) THEN 'cancelled'
                    WHEN NOT line.guarded THEN 'stored'
                    WHEN line.actor = 'user' AND NOT line.internal AND chat.agent_id IS DISTINCT FROM line.actor_id
                        AND (SELECT true FROM chat_participant p WHERE p.session_id = line.session
                             AND p.user_id = line.actor_id AND p.mode = 'barge' AND p.left_at IS NULL
                             LIMIT 1) IS NULL THEN 'forbidden'
                    WHEN chat.status IN ('bot', 'queued', 'active')
                        OR line.internal AND chat.status = 'wrap_up' THEN 'stored'
                    ELSE 'closed'
                END AS outcome
            FROM line JOIN chat_chatsession chat ON chat.id = line.session
            LEFT JOIN LATERAL (
                SELECT ref, seq, at, content_hash FROM chat_message first
                WHERE first.session_id = line.session AND first.ref >= line.ref ORDER BY ref LIMIT 1
            ) AS known ON known.ref = line.ref
        ), stored AS (
            INSERT INTO chat_message (session_id, seq, prev_public_seq, ref, content_hash, sender_kind, sender_id,
                                      sender_name, kind, body, payload, internal, at)
            SELECT session, seq, prev, ref, hash, sender, sender_id, sender_name, kind, body, payload, internal, at
            FROM judged WHERE outcome = 'stored'
        ), noted AS (
            -- What lists, sweeps and unread marks need. Notes, and what the desk tells by itself, answer nobody.
            UPDATE chat_chatsession chat SET
                last_seq = new.seq,
                last_public_seq = CASE WHEN internal THEN last_public_seq ELSE new.seq END,
                last_message_at = CASE WHEN spoken THEN new.at ELSE last_message_at END,
                last_kind = CASE WHEN spoken THEN new.kind ELSE last_kind END,
                last_preview = CASE WHEN spoken THEN left(new.body, 160) ELSE last_preview END,
                last_sender_kind = CASE WHEN spoken THEN new.sender ELSE last_sender_kind END,
                customer_wrote_at = CASE WHEN asks THEN new.at ELSE customer_wrote_at END,
                unread_count = unread_count + asks::int,
                waiting_since = CASE WHEN asks THEN coalesce(waiting_since, new.at)
                                     WHEN answers THEN NULL ELSE waiting_since END,
                answered_at = CASE WHEN answers THEN new.at ELSE answered_at END,
                warned_at = CASE WHEN asks OR answers THEN NULL ELSE warned_at END,
                first_response_at = CASE WHEN answers AND new.sender = 'agent' THEN coalesce(first_response_at, new.at)
                                         ELSE first_response_at END
            FROM (
                SELECT *, spoken AND addressed AND sender = 'customer' AS asks,
                    spoken AND addressed AND sender <> 'customer' AS answers
                FROM (
                    SELECT *, kind <> 'event' AS spoken,
                        NOT internal AND NOT (sender = 'bot' AND payload ? 'notice') AS addressed
                    FROM judged WHERE outcome = 'stored'
                ) AS line
            ) AS new WHERE chat.id = new.session
        )
        SELECT turn, session, outcome,
            CASE outcome WHEN 'stored' THEN judged.seq ELSE known_seq END,
            prev,
            CASE outcome WHEN 'stored' THEN judged.at ELSE known_at END,
            status::text
        FROM judged;

    END LOOP;
END $$;
