-- By which address the recipient is known, in lower case; empty for none, NULL in rows of before. A click in a channel looks for the notices of one person
-- about one subject, and must not read those of all others.
ALTER TABLE notices ADD COLUMN address text COLLATE "C";
CREATE INDEX notices_address ON notices (tenant, subject, address, number);

-- As before, with addresses. The function without them stays, for servers of before while they are replaced one after the other.
CREATE FUNCTION steward_notices_add(
    tenants text[], notice_ids text[], channels text[], threads text[], subjects text[], kinds text[], recipients text[], created_ats bigint[], deliveries text[],
    opens boolean[], deads boolean[], engagements text[], attempt_counts integer[], next_ats bigint[], sent_ats bigint[], reference_ids text[], errors text[],
    documents text[], addresses text[]
) RETURNS void
LANGUAGE plpgsql VOLATILE AS $function$
BEGIN
    PERFORM steward_notice_lock(tenants, channels);
    INSERT INTO notices (
        tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference, error,
        document, address)
    SELECT u.tenant, u.notice, u.channel, u.thread, u.subject, u.kind, u.recipient, u.created_at, u.delivery, u.is_open, u.is_dead, u.engagement, u.attempts, u.next_at,
           u.sent_at, u.reference, u.error, u.document, u.address
    FROM unnest(tenants, notice_ids, channels, threads, subjects, kinds, recipients, created_ats, deliveries, opens, deads, engagements, attempt_counts, next_ats,
                sent_ats, reference_ids, errors, documents, addresses) WITH ORDINALITY
        AS u (tenant, notice, channel, thread, subject, kind, recipient, created_at, delivery, is_open, is_dead, engagement, attempts, next_at, sent_at, reference,
              error, document, address, place)
    ORDER BY u.place
    ON CONFLICT (tenant, notice, channel) DO NOTHING;
END
$function$;

-- What lists show of a request, so that they need not read all of it; NULL in rows of before.
ALTER TABLE approvals ADD COLUMN summary text;

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
    new_document     text,
    new_summary      text
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
    INSERT INTO approvals (
        tenant, approval, version, status, is_over, type, action, requester, run, requested_at, due_at, ended_at, changed_at, waits_for, decided_by, document, summary)
    VALUES (
        new_tenant, new_approval, new_version, new_status, new_is_over, new_type, new_action, new_requester, new_run, new_requested_at, new_due_at, new_ended_at,
        new_changed_at, new_waits_for, new_decided_by, new_document, new_summary)
    ON CONFLICT (tenant, approval) DO NOTHING;
    IF NOT FOUND THEN
        SELECT a.* INTO STRICT old FROM approvals a WHERE a.tenant = new_tenant AND a.approval = new_approval FOR UPDATE;
        IF old.version >= new_version THEN
            RETURN;
        END IF;

        UPDATE approvals a SET
            version = new_version, status = new_status, is_over = new_is_over, type = new_type, action = new_action, requester = new_requester, run = new_run,
            requested_at = new_requested_at, due_at = new_due_at, ended_at = new_ended_at, changed_at = new_changed_at, waits_for = new_waits_for,
            decided_by = new_decided_by, document = new_document, summary = new_summary
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

-- What a server of before writes has no summary: the one that is there is of an earlier version.
CREATE OR REPLACE FUNCTION steward_approval_put(
    new_tenant text, new_approval text, new_version bigint, new_status text, new_is_over boolean, new_type text, new_action text, new_requester text, new_run text,
    new_requested_at bigint, new_due_at bigint, new_ended_at bigint, new_changed_at bigint, new_waits_for text[], new_decided_by text[], new_document text
) RETURNS void
LANGUAGE sql VOLATILE AS $function$
    SELECT steward_approval_put(
        new_tenant, new_approval, new_version, new_status, new_is_over, new_type, new_action, new_requester, new_run, new_requested_at, new_due_at, new_ended_at,
        new_changed_at, new_waits_for, new_decided_by, new_document, NULL);
$function$;
