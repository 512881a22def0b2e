-- By which address the recipient is known, in lower case; empty for none, NULL in rows of before. A click in a channel looks for the notices of one person
-- about one subject, and must not read those of all others.
ALTER TABLE notices ADD COLUMN address TEXT;
CREATE INDEX notices_address ON notices (tenant, subject, address, number);

-- What lists show of a request, so that they need not read all of it; NULL in rows of before.
ALTER TABLE approvals ADD COLUMN summary TEXT;
