-- Moves delivered and read marks forward, never beyond the log, never back; returns those that moved.
--
-- ``marks``: an array of {session, side: customer|agent, actor_id, delivered, read}. An agent's marks count only for
-- the chat's own agent: a watching colleague's eyes are not the agent's. Sessions are locked in the order of their
-- ids, as in ``chat_append``; that lock also keeps the count of unread lines true.
CREATE FUNCTION chat_mark(marks jsonb)
RETURNS TABLE (session bigint, side text, delivered integer, read integer, undelivered integer)
LANGUAGE plpgsql AS $$
DECLARE
    mark record;
    chat record;
BEGIN
    PERFORM 1 FROM chat_chatsession c
        WHERE c.id = ANY (ARRAY(SELECT (m ->> 'session')::bigint FROM jsonb_array_elements(marks) m))
        ORDER BY c.id FOR NO KEY UPDATE;
    FOR mark IN SELECT * FROM jsonb_to_recordset(marks) AS m(
        session bigint, side text, actor_id bigint, delivered integer, read integer
    ) LOOP
        SELECT c.last_seq, c.agent_id, c.customer_delivered_seq, c.customer_read_seq, c.customer_undelivered_seq,
               c.agent_delivered_seq, c.agent_read_seq, c.agent_undelivered_seq
            INTO chat FROM chat_chatsession c WHERE c.id = mark.session;
        CONTINUE WHEN NOT FOUND;
        session := mark.session;
        side := mark.side;
        IF side = 'customer' THEN
            delivered := least(greatest(chat.customer_delivered_seq, mark.delivered), chat.last_seq);
            read := least(greatest(chat.customer_read_seq, mark.read), chat.last_seq);
            undelivered := chat.customer_undelivered_seq;
            CONTINUE WHEN delivered = chat.customer_delivered_seq AND read = chat.customer_read_seq;
            UPDATE chat_chatsession c SET customer_delivered_seq = chat_mark.delivered,
                customer_read_seq = chat_mark.read WHERE c.id = mark.session;
        ELSE
            CONTINUE WHEN chat.agent_id IS DISTINCT FROM mark.actor_id;
            delivered := least(greatest(chat.agent_delivered_seq, mark.delivered), chat.last_seq);
            read := least(greatest(chat.agent_read_seq, mark.read), chat.last_seq);
            undelivered := chat.agent_undelivered_seq;
            CONTINUE WHEN delivered = chat.agent_delivered_seq AND read = chat.agent_read_seq;
            UPDATE chat_chatsession c SET agent_delivered_seq = chat_mark.delivered,
                agent_read_seq = chat_mark.read,
                unread_count = CASE WHEN chat_mark.read = chat.agent_read_seq THEN c.unread_count ELSE (
                    SELECT count(*) FROM chat_message m WHERE m.session_id = mark.session
                    AND m.seq > chat_mark.read AND m.sender_kind = 'customer') END
                WHERE c.id = mark.session;
        END IF;
        RETURN NEXT;
    END LOOP;
END $$;
