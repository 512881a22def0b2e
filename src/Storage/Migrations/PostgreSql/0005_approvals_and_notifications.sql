-- The lists of approvals. due_at is 9223372036854775807 where nothing is due, so that one index orders all.
CREATE TABLE approvals (
    tenant       text    COLLATE "C" NOT NULL,
    approval     text    COLLATE "C" NOT NULL,
    version      bigint  NOT NULL,
    status       text    COLLATE "C" NOT NULL,
    is_over      boolean NOT NULL,
    type         text    COLLATE "C" NOT NULL,
    action       text    COLLATE "C" NOT NULL,
    requester    text    COLLATE "C" NOT NULL,
    run          text    COLLATE "C",
    requested_at bigint  NOT NULL,
    due_at       bigint  NOT NULL,
    ended_at     bigint,
    changed_at   bigint  NOT NULL,
    waits_for    text[]  NOT NULL,
    decided_by   text[]  NOT NULL,
    document     text    NOT NULL,
    PRIMARY KEY (tenant, approval)
);

-- One for each way of listing; each ends with the order, so that a page is read and nothing is sorted.
CREATE INDEX approvals_requested ON approvals (tenant, requested_at, approval);
CREATE INDEX approvals_changed ON approvals (tenant, changed_at, approval);
CREATE INDEX approvals_over_requested ON approvals (tenant, is_over, requested_at, approval);
CREATE INDEX approvals_due ON approvals (tenant, due_at, approval) WHERE NOT is_over;
CREATE INDEX approvals_requester ON approvals (tenant, requester, is_over, requested_at, approval);
CREATE INDEX approvals_requester_requested ON approvals (tenant, requester, requested_at, approval);
CREATE INDEX approvals_action ON approvals (tenant, action, is_over, requested_at, approval);
CREATE INDEX approvals_type ON approvals (tenant, type, is_over, requested_at, approval);
CREATE INDEX approvals_run ON approvals (tenant, run, requested_at, approval) WHERE run IS NOT NULL;
CREATE INDEX approvals_ended ON approvals (tenant, ended_at) WHERE ended_at IS NOT NULL;

-- Whom a request waits for, with what it is ordered by.
CREATE TABLE approval_waits (
    tenant       text   COLLATE "C" NOT NULL,
    whom         text   COLLATE "C" NOT NULL,
    due_at       bigint NOT NULL,
    approval     text   COLLATE "C" NOT NULL,
    requested_at bigint NOT NULL,
    PRIMARY KEY (tenant, whom, due_at, approval)
);

CREATE INDEX approval_waits_requested ON approval_waits (tenant, whom, requested_at, approval);
CREATE INDEX approval_waits_approval ON approval_waits (tenant, approval);

-- Who voted.
CREATE TABLE approval_votes (
    tenant       text   COLLATE "C" NOT NULL,
    voter        text   COLLATE "C" NOT NULL,
    requested_at bigint NOT NULL,
    approval     text   COLLATE "C" NOT NULL,
    PRIMARY KEY (tenant, voter, requested_at, approval)
);

CREATE INDEX approval_votes_approval ON approval_votes (tenant, approval);

-- Writes a row and its lists, unless a row of the same or a later version is there.
CREATE FUNCTION steward_approval_put(
    new_tenant       text,
    new_approval     text,
    new_version      bigint,
    new_status       text,
    new_is_over      boolean,
    new_type         text,
    new_action       text,
    new_requester    text,
    new_run          text,
    new_requested_at bigint,
    new_due_at       bigint,
    new_ended_at     bigint,
    new_changed_at   bigint,
    new_waits_for    text[],
    new_decided_by   text[],
    new_document     text
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    old approvals%ROWTYPE;
BEGIN
    -- Whoever wrote a row does not write it again: it is on stable storage when this is answered, whatever the server's default is.
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    -- Waits for another transaction that creates the same row, then finds it.
    INSERT INTO approvals VALUES (
        new_tenant, new_approval, new_version, new_status, new_is_over, new_type, new_action, new_requester, new_run, new_requested_at, new_due_at, new_ended_at,
        new_changed_at, new_waits_for, new_decided_by, new_document)
    ON CONFLICT (tenant, approval) DO NOTHING;
    IF NOT FOUND THEN
        SELECT a.* INTO STRICT old FROM approvals a WHERE a.tenant = new_tenant AND a.approval = new_approval FOR UPDATE;
        IF old.version >= new_version THEN
            RETURN;
        END IF;

        UPDATE approvals a SET
            version = new_version, status = new_status, is_over = new_is_over, type = new_type, action = new_action, requester = new_requester, run = new_run,
            requested_at = new_requested_at, due_at = new_due_at, ended_at = new_ended_at, changed_at = new_changed_at, waits_for = new_waits_for,
            decided_by = new_decided_by, document = new_document
        WHERE a.tenant = new_tenant AND a.approval = new_approval;
    END IF;

    -- A comment or a vote leaves the lists alone.
    IF (old.waits_for, old.due_at, old.requested_at) IS DISTINCT FROM (new_waits_for, new_due_at, new_requested_at) THEN
        DELETE FROM approval_waits w WHERE w.tenant = new_tenant AND w.approval = new_approval;
        INSERT INTO approval_waits (tenant, whom, due_at, approval, requested_at)
        SELECT DISTINCT new_tenant, u.whom, new_due_at, new_approval, new_requested_at FROM unnest(new_waits_for) AS u (whom);
    END IF;

    IF (old.decided_by, old.requested_at) IS DISTINCT FROM (new_decided_by, new_requested_at) THEN
        DELETE FROM approval_votes v WHERE v.tenant = new_tenant AND v.approval = new_approval;
        INSERT INTO approval_votes (tenant, voter, requested_at, approval)
        SELECT DISTINCT new_tenant, u.voter, new_requested_at, new_approval FROM unnest(new_decided_by) AS u (voter);
    END IF;
END
$function$;

-- Notices, one row for each channel.
CREATE TABLE notices (
    number     bigint  GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
    tenant     text    COLLATE "C" NOT NULL,
    notice     text    COLLATE "C" NOT NULL,
    channel    text    COLLATE "C" NOT NULL,
    thread     text    COLLATE "C" NOT NULL,
    subject    text    COLLATE "C" NOT NULL,
    kind       text    NOT NULL,
    recipient  text    NOT NULL,
    created_at bigint  NOT NULL,
    delivery   text    NOT NULL,
    is_open    boolean NOT NULL,
    is_dead    boolean NOT NULL,
    engagement text    NOT NULL,
    attempts   integer NOT NULL,
    next_at    bigint,
    sent_at    bigint,
    reference  text,
    error      text,
    document   text    NOT NULL,
    UNIQUE (tenant, notice, channel)
);

-- A channel's queue; and, by time, which channels have something to do.
CREATE INDEX notices_open ON notices (tenant, channel, number) WHERE is_open;
CREATE INDEX notices_due ON notices (tenant, channel, coalesce(next_at, 0)) WHERE is_open;
CREATE INDEX notices_reference ON notices (tenant, channel, thread, number) WHERE reference IS NOT NULL;
CREATE INDEX notices_subject ON notices (tenant, subject, number);
CREATE INDEX notices_dead ON notices (tenant, number) WHERE is_dead;
CREATE INDEX notices_old ON notices (tenant, created_at) WHERE NOT is_open;

-- Lets one transaction at a time change a channel of a tenant: then numbers become visible in their order, so that a reader who goes on after a
-- number misses none, and two changes of the same rows never wait for each other crosswise. Ends with the transaction.
CREATE FUNCTION steward_notice_lock(tenants text[], channels text[]) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
DECLARE
    key bigint;
BEGIN
    IF current_setting('synchronous_commit') = 'off' THEN
        PERFORM set_config('synchronous_commit', 'on', true);
    END IF;

    FOR key IN SELECT DISTINCT hashtextextended(l.tenant || '/' || l.channel, 1) FROM unnest(tenants, channels) AS l (tenant, channel) ORDER BY 1 LOOP
        PERFORM pg_advisory_xact_lock(key);
    END LOOP;
END
$function$;

-- Adds notices in the order of the arrays; those that are there stay as they are.
CREATE FUNCTION steward_notices_add(
    tenants text[], notice_ids text[], channels text[], threads text[], subjects text[], kinds text[], recipients text[], created_ats bigint[], deliveries text[],
    opens boolean[], deads boolean[], engagements text[], attempt_counts integer[], next_ats bigint[], sent_ats bigint[], reference_ids text[], errors text[],
    documents text[]
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
    PERFORM steward_notice_lock(tenants, channels);
    INSERT INTO notices (
        tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference, error,
        document)
    SELECT u.tenant, u.notice, u.channel, u.thread, u.subject, u.kind, u.recipient, u.created_at, u.delivery, u.is_open, u.is_dead, u.engagement, u.attempts, u.next_at,
           u.sent_at, u.reference, u.error, u.document
    FROM unnest(tenants, notice_ids, channels, threads, subjects, kinds, recipients, created_ats, deliveries, opens, deads, engagements, attempt_counts, next_ats,
                sent_ats, reference_ids, errors, documents) WITH ORDINALITY
        AS u (tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference,
              error, document, place)
    ORDER BY u.place
    ON CONFLICT (tenant, notice, channel) DO NOTHING;
END
$function$;

-- Replaces what may change of notices; each is named once.
CREATE FUNCTION steward_notices_update(
    tenants text[], notice_ids text[], channels text[], deliveries text[], opens boolean[], deads boolean[], engagements text[], attempt_counts integer[],
    next_ats bigint[], sent_ats bigint[], reference_ids text[], errors text[]
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
    PERFORM steward_notice_lock(tenants, channels);
    UPDATE notices n SET
        delivery = u.delivery, is_open = u.is_open, is_dead = u.is_dead, engagement = u.engagement, attempts = u.attempts, next_at = u.next_at, sent_at = u.sent_at,
        reference = u.reference, error = u.error
    FROM unnest(tenants, notice_ids, channels, deliveries, opens, deads, engagements, attempt_counts, next_ats, sent_ats, reference_ids, errors)
        AS u (tenant, notice, channel, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference, error)
    WHERE n.tenant = u.tenant AND n.notice = u.notice AND n.channel = u.channel;
END
$function$;
