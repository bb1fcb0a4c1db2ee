-- Keeps what was heard in the voice note $1, so that a second attempt need not listen again.
UPDATE inbox SET transcript = $2 WHERE id = $1
