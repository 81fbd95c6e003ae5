-- What is on its way, found without reading all that waits: it is looked for with every message that is sent.
CREATE INDEX ix_outbox_sending ON outbox (scope) WHERE state = 'sending';
