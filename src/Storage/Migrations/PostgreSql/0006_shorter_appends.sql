-- As before, with less work for each append: a new journal gets its row at once as it will be, and ids are looked for only when there are some.
CREATE OR REPLACE FUNCTION steward_journal_append(
    journals          text[],
    expected          bigint[],
    opens             boolean[],
    record_counts     integer[],
    types             text[],
    ats               bigint[],
    deduplication_ids text[],
    payloads          bytea[],
    wake_changes      boolean[],
    wakes             bigint[],
    content_appends   integer[],
    content_hashes    text[],
    content_bytes     bytea[]
) RETURNS TABLE (outcome integer, result_sequence bigint)
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    head_id       bigint;
    head_sequence bigint;
    duplicate     bigint;
    from_record   integer := 1;
    to_record     integer := 0;
    is_new        boolean;
    with_contents boolean := cardinality(content_hashes) > 0;
    with_ids      boolean := cardinality(array_remove(deduplication_ids, NULL)) > 0;
    appended_at   bigint[] := '{}';
    content       record;
BEGIN
    FOR i IN 1 .. cardinality(journals) LOOP
        from_record := to_record + 1;
        to_record := to_record + record_counts[i];
        is_new := false;

        IF expected[i] = 0 THEN
            -- Waits for another transaction that creates the same journal, then finds its row below.
            INSERT INTO journal_heads AS h (journal, sequence, open, touched_at, wake_at)
            VALUES (journals[i], record_counts[i], coalesce(opens[i], false), ats[to_record], CASE WHEN wake_changes[i] THEN wakes[i] END)
            ON CONFLICT (journal) DO NOTHING
            RETURNING h.id INTO head_id;
            is_new := FOUND;
        END IF;

        IF NOT is_new THEN
            SELECT h.id, h.sequence INTO head_id, head_sequence FROM journal_heads h WHERE h.journal = journals[i] FOR UPDATE;
            IF NOT FOUND THEN
                outcome := 1;
                result_sequence := 0;
                RETURN NEXT;
                CONTINUE;
            END IF;

            duplicate := NULL;
            IF with_ids THEN
                FOR r IN from_record .. to_record LOOP
                    SELECT e.sequence INTO duplicate FROM journal_entries e WHERE e.journal_id = head_id AND e.deduplication_id = deduplication_ids[r];
                    EXIT WHEN FOUND;
                END LOOP;
            END IF;

            IF duplicate IS NOT NULL OR head_sequence <> expected[i] THEN
                outcome := CASE WHEN duplicate IS NULL THEN 1 ELSE 2 END;
                result_sequence := coalesce(duplicate, head_sequence);
                RETURN NEXT;
                CONTINUE;
            END IF;

            -- No index is touched unless one of the indexed marks gets another value.
            UPDATE journal_heads h
            SET sequence = head_sequence + record_counts[i], open = coalesce(opens[i], h.open), touched_at = ats[to_record],
                wake_at = CASE WHEN wake_changes[i] THEN wakes[i] ELSE h.wake_at END, purged = false
            WHERE h.id = head_id;
        END IF;

        FOR r IN from_record .. to_record LOOP
            INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload)
            VALUES (head_id, expected[i] + 1 + r - from_record, types[r], ats[r], deduplication_ids[r], payloads[r]);
        END LOOP;

        outcome := 0;
        result_sequence := expected[i] + record_counts[i];
        IF with_contents THEN
            appended_at[i] := ats[to_record];
        END IF;

        RETURN NEXT;
    END LOOP;

    IF with_contents THEN
        -- Behind all heads and in ascending order, so that two transactions never lock contents crosswise.
        FOR content IN
            SELECT DISTINCT ON (wanted.tenant, wanted.hash) wanted.*
            FROM (
                SELECT split_part(journals[sent.append], '/', 1) COLLATE "C" AS tenant, sent.hash COLLATE "C" AS hash,
                       appended_at[sent.append] AS at, sent.number
                FROM unnest(content_appends, content_hashes) WITH ORDINALITY AS sent (append, hash, number)
            ) AS wanted
            WHERE wanted.at IS NOT NULL
            ORDER BY wanted.tenant, wanted.hash, wanted.at DESC
        LOOP
            UPDATE contents c SET referred_at = content.at
            WHERE c.tenant = content.tenant AND c.hash = content.hash AND c.referred_at < content.at - 86400000;
            IF NOT FOUND THEN
                -- Asked before, since ON CONFLICT alone would write the large value before it finds the other.
                INSERT INTO contents (tenant, hash, stored_at, referred_at, bytes)
                SELECT content.tenant, content.hash, content.at, content.at, content_bytes[content.number]
                WHERE NOT EXISTS (SELECT FROM contents c WHERE c.tenant = content.tenant AND c.hash = content.hash)
                ON CONFLICT (tenant, hash) DO NOTHING;
            END IF;
        END LOOP;
    END IF;
END
$function$;
