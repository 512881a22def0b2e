-- The lists of approvals. due_at is 9223372036854775807 where nothing is due, so that one index orders all. waits_for and decided_by are JSON arrays.
CREATE TABLE approvals (
    id           INTEGER PRIMARY KEY,
    tenant       TEXT    NOT NULL,
    approval     TEXT    NOT NULL,
    version      INTEGER NOT NULL,
    status       TEXT    NOT NULL,
    is_over      INTEGER NOT NULL,
    type         TEXT    NOT NULL,
    action       TEXT    NOT NULL,
    requester    TEXT    NOT NULL,
    run          TEXT,
    requested_at INTEGER NOT NULL,
    due_at       INTEGER NOT NULL,
    ended_at     INTEGER,
    changed_at   INTEGER NOT NULL,
    waits_for    TEXT    NOT NULL,
    decided_by   TEXT    NOT NULL,
    document     TEXT    NOT NULL,
    UNIQUE (tenant, approval)
);

-- One for each way of listing; each ends with the order, so that a page is read and nothing is sorted.
CREATE INDEX approvals_requested ON approvals (tenant, requested_at, approval);
CREATE INDEX approvals_changed ON approvals (tenant, changed_at, approval);
CREATE INDEX approvals_over_requested ON approvals (tenant, is_over, requested_at, approval);
CREATE INDEX approvals_due ON approvals (tenant, due_at, approval) WHERE is_over = 0;
CREATE INDEX approvals_requester ON approvals (tenant, requester, is_over, requested_at, approval);
CREATE INDEX approvals_requester_requested ON approvals (tenant, requester, requested_at, approval);
CREATE INDEX approvals_action ON approvals (tenant, action, is_over, requested_at, approval);
CREATE INDEX approvals_type ON approvals (tenant, type, is_over, requested_at, approval);
CREATE INDEX approvals_run ON approvals (tenant, run, requested_at, approval) WHERE run IS NOT NULL;
CREATE INDEX approvals_ended ON approvals (tenant, ended_at) WHERE ended_at IS NOT NULL;

-- Whom a request waits for, with what it is ordered by.
CREATE TABLE approval_waits (
    tenant       TEXT    NOT NULL,
    whom         TEXT    NOT NULL,
    due_at       INTEGER NOT NULL,
    approval     TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    PRIMARY KEY (tenant, whom, due_at, approval)
) WITHOUT ROWID;

CREATE INDEX approval_waits_requested ON approval_waits (tenant, whom, requested_at, approval);

-- Who voted.
CREATE TABLE approval_votes (
    tenant       TEXT    NOT NULL,
    voter        TEXT    NOT NULL,
    requested_at INTEGER NOT NULL,
    approval     TEXT    NOT NULL,
    PRIMARY KEY (tenant, voter, requested_at, approval)
) WITHOUT ROWID;

-- Notices, one row for each channel. AUTOINCREMENT: numbers ascend even when the newest rows are gone.
CREATE TABLE notices (
    number     INTEGER PRIMARY KEY AUTOINCREMENT,
    tenant     TEXT    NOT NULL,
    notice     TEXT    NOT NULL,
    channel    TEXT    NOT NULL,
    thread     TEXT    NOT NULL,
    subject    TEXT    NOT NULL,
    kind       TEXT    NOT NULL,
    recipient  TEXT    NOT NULL,
    created_at INTEGER NOT NULL,
    delivery   TEXT    NOT NULL,
    is_open    INTEGER NOT NULL,
    is_dead    INTEGER NOT NULL,
    engagement TEXT    NOT NULL,
    attempts   INTEGER NOT NULL,
    next_at    INTEGER,
    sent_at    INTEGER,
    reference  TEXT,
    error      TEXT,
    document   TEXT    NOT NULL,
    UNIQUE (tenant, notice, channel)
);

-- A channel's queue; and, by time, which channels have something to do.
CREATE INDEX notices_open ON notices (tenant, channel, number) WHERE is_open = 1;
CREATE INDEX notices_due ON notices (tenant, channel, coalesce(next_at, 0)) WHERE is_open = 1;
CREATE INDEX notices_reference ON notices (tenant, channel, thread, number) WHERE reference IS NOT NULL;
CREATE INDEX notices_subject ON notices (tenant, subject, number);
CREATE INDEX notices_dead ON notices (tenant, number) WHERE is_dead = 1;
CREATE INDEX notices_old ON notices (tenant, created_at) WHERE is_open = 0;
