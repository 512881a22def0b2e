-- wake_at: when the journal's owner is to be woken, NULL for never. purged: nothing but a receipt is left; the next append takes it back.
ALTER TABLE journal_heads ADD COLUMN wake_at bigint;
ALTER TABLE journal_heads ADD COLUMN purged boolean NOT NULL DEFAULT false;

-- By time first: looking for what is due must not pass by everything that waits.
CREATE INDEX journal_heads_wake ON journal_heads (wake_at, journal) WHERE wake_at IS NOT NULL;

-- What retention looks at. Purged journals leave it, so that they cost nothing however many there are; touched_at is left out as
-- for open journals.
CREATE INDEX journal_heads_closed ON journal_heads (journal) WHERE NOT open AND wake_at IS NULL AND NOT purged;

-- Content that journals refer to by hash, once per tenant.
CREATE TABLE contents (
    tenant      text   COLLATE "C" NOT NULL,
    hash        text   COLLATE "C" NOT NULL,
    stored_at   bigint NOT NULL,
    referred_at bigint NOT NULL,
    bytes       bytea  NOT NULL,
    PRIMARY KEY (tenant, hash)
);

CREATE INDEX contents_referred ON contents (tenant, referred_at);

-- As the function of the same name with fewer arguments, which stays for processes of the version before until the last of them is
-- replaced. In addition: wake_changes says whether wakes gives the journal a new wake time (NULL for none). The contents of all appends lie
-- behind each other; content_appends says to which append each belongs, counted from 1. Those of an append that was made are stored unless
-- they are there; a content whose last reference is older than a day gets a new reference time.
CREATE FUNCTION steward_journal_append(
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
    with_contents boolean := cardinality(content_hashes) > 0;
    appended_at   bigint[] := '{}';
    content       record;
BEGIN
    FOR i IN 1 .. cardinality(journals) LOOP
        from_record := to_record + 1;
        to_record := to_record + record_counts[i];

        SELECT h.id, h.sequence INTO head_id, head_sequence FROM journal_heads h WHERE h.journal = journals[i] FOR UPDATE;
        IF NOT FOUND THEN
            IF expected[i] <> 0 THEN
                outcome := 1;
                result_sequence := 0;
                RETURN NEXT;
                CONTINUE;
            END IF;

            -- Waits for another transaction that creates the same journal, then finds its row.
            INSERT INTO journal_heads (journal, sequence, open, touched_at, wake_at)
            VALUES (journals[i], 0, coalesce(opens[i], false), 0, CASE WHEN wake_changes[i] THEN wakes[i] END)
            ON CONFLICT (journal) DO NOTHING;
            SELECT h.id, h.sequence INTO STRICT head_id, head_sequence FROM journal_heads h WHERE h.journal = journals[i] FOR UPDATE;
        END IF;

        SELECT e.sequence INTO duplicate
        FROM unnest(deduplication_ids[from_record:to_record]) WITH ORDINALITY AS wanted (id, position)
        JOIN journal_entries e ON e.journal_id = head_id AND e.deduplication_id = wanted.id
        ORDER BY wanted.position LIMIT 1;

        IF FOUND THEN
            outcome := 2;
            result_sequence := duplicate;
        ELSIF head_sequence <> expected[i] THEN
            outcome := 1;
            result_sequence := head_sequence;
        ELSE
            INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload)
            SELECT head_id, head_sequence + r, types[from_record - 1 + r], ats[from_record - 1 + r],
                   deduplication_ids[from_record - 1 + r], payloads[from_record - 1 + r]
            FROM generate_series(1, record_counts[i]) AS r;

            -- No index is touched unless one of the indexed marks gets another value.
            UPDATE journal_heads h
            SET sequence = head_sequence + record_counts[i], open = coalesce(opens[i], h.open), touched_at = ats[to_record],
                wake_at = CASE WHEN wake_changes[i] THEN wakes[i] ELSE h.wake_at END, purged = false
            WHERE h.id = head_id;

            outcome := 0;
            result_sequence := head_sequence + record_counts[i];
            IF with_contents THEN
                appended_at[i] := ats[to_record];
            END IF;
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

-- Removes the payloads of a closed journal without wake time and appends a receipt. Answers like steward_journal_append.
CREATE FUNCTION steward_journal_purge(
    purged_journal           text,
    through                  bigint,
    receipt_type             text,
    receipt_at               bigint,
    receipt_deduplication_id text,
    receipt_payload          bytea
) RETURNS TABLE (outcome integer, result_sequence bigint)
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    head journal_heads%ROWTYPE;
BEGIN
    -- The receipt is an append: it is answered only when it is on stable storage, whatever the server's default is.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    SELECT h.* INTO head FROM journal_heads h WHERE h.journal = purged_journal FOR UPDATE;
    IF NOT FOUND THEN
        RETURN QUERY SELECT 1, 0::bigint;
        RETURN;
    END IF;

    RETURN QUERY SELECT 2, e.sequence FROM journal_entries e WHERE e.journal_id = head.id AND e.deduplication_id = receipt_deduplication_id;
    IF FOUND THEN
        RETURN;
    END IF;

    IF head.sequence <> through OR head.open OR head.wake_at IS NOT NULL THEN
        RETURN QUERY SELECT 1, head.sequence;
        RETURN;
    END IF;

    DELETE FROM journal_entries e WHERE e.journal_id = head.id AND e.deduplication_id IS NULL;
    UPDATE journal_entries e SET payload = '' WHERE e.journal_id = head.id AND e.payload <> '';
    INSERT INTO journal_entries (journal_id, sequence, type, at, deduplication_id, payload)
    VALUES (head.id, through + 1, receipt_type, receipt_at, receipt_deduplication_id, receipt_payload);
    UPDATE journal_heads h SET sequence = through + 1, touched_at = receipt_at, purged = true WHERE h.id = head.id;
    RETURN QUERY SELECT 0, through + 1;
END
$function$;
