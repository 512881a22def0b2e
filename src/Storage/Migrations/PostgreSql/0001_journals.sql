-- One row per journal. Everything about it that an append changes is here and changes in the append's transaction.
-- Room is left on the pages so that these updates stay on their page and touch no index.
CREATE TABLE journal_heads (
    id         bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    journal    text    COLLATE "C" NOT NULL UNIQUE,
    sequence   bigint  NOT NULL,
    open       boolean NOT NULL,
    touched_at bigint  NOT NULL
) WITH (fillfactor = 70);

-- touched_at is left out on purpose: an append to an open journal then leaves this index alone.
CREATE INDEX journal_heads_open ON journal_heads (journal) WHERE open;

CREATE TABLE journal_entries (
    journal_id       bigint NOT NULL,
    sequence         bigint NOT NULL,
    type             text   NOT NULL,
    at               bigint NOT NULL,
    deduplication_id text   COLLATE "C",
    payload          bytea  NOT NULL,
    PRIMARY KEY (journal_id, sequence)
);

CREATE UNIQUE INDEX journal_entries_deduplication ON journal_entries (journal_id, deduplication_id) WHERE deduplication_id IS NOT NULL;

-- Makes many appends in one statement, which is one round trip, one transaction and one flush. The record arrays of all appends
-- lie behind each other; record_counts says how many belong to which append. Answers one row per append, in order:
-- outcome 0 appended (sequence of its last record), 1 conflict (sequence of the head), 2 duplicate (sequence of the existing record).
-- Callers pass the journals in ascending order, so that two of them never lock heads crosswise.
CREATE FUNCTION steward_journal_append(
    journals          text[],
    expected          bigint[],
    opens             boolean[],
    record_counts     integer[],
    types             text[],
    ats               bigint[],
    deduplication_ids text[],
    payloads          bytea[]
) RETURNS TABLE (outcome integer, result_sequence bigint)
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    head_id       bigint;
    head_sequence bigint;
    duplicate     bigint;
    from_record   integer := 1;
    to_record     integer := 0;
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
            INSERT INTO journal_heads (journal, sequence, open, touched_at) VALUES (journals[i], 0, false, 0) ON CONFLICT (journal) DO NOTHING;
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

            UPDATE journal_heads h
            SET sequence = head_sequence + record_counts[i], open = coalesce(opens[i], h.open), touched_at = ats[to_record]
            WHERE h.id = head_id;

            outcome := 0;
            result_sequence := head_sequence + record_counts[i];
        END IF;

        RETURN NEXT;
    END LOOP;
END
$function$;
