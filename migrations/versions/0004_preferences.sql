-- What members choose for themselves. Quiet hours are times of day in the member's zone.

ALTER TABLE profile
    ADD COLUMN quiet_from TIME,
    ADD COLUMN quiet_to TIME,
    ADD COLUMN wants_notices BOOLEAN DEFAULT true NOT NULL,
    ADD CONSTRAINT ck_profile_quiet CHECK ((quiet_from IS NULL) = (quiet_to IS NULL) AND quiet_from <> quiet_to);
