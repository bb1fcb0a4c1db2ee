"""The inbox, conversations, payments, and what the outbox needs to be worked through."""

from alembic import op

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None

_UP = (
    # `available_at` is when a row may be worked on: a worker that takes it moves it into the future, so that the row
    # comes back by itself when the worker dies. `lane` keeps rows in order that must not overtake each other.
    """
    CREATE TABLE inbox (
        id           bigint GENERATED ALWAYS AS IDENTITY PRIMARY KEY,
        source       text NOT NULL CHECK (source IN ('whatsapp', 'mercadopago')),
        kind         text NOT NULL CHECK (kind IN ('message', 'voice_note', 'status', 'payment', 'other')),
        provider_id  text NOT NULL,
        lane         text NOT NULL,
        said_at      timestamptz NOT NULL,
        payload      json NOT NULL,
        received_at  timestamptz NOT NULL DEFAULT clock_timestamp(),
        available_at timestamptz NOT NULL DEFAULT now(),
        attempts     integer NOT NULL DEFAULT 0,
        transcript   text,
        processed_at timestamptz,
        failed_at    timestamptz,
        last_error   text,
        CONSTRAINT inbox_provider_id_key UNIQUE (source, provider_id)
    )
    """,
    "CREATE INDEX idx_inbox_pending ON inbox (available_at) WHERE processed_at IS NULL AND failed_at IS NULL",
    "CREATE INDEX idx_inbox_lane ON inbox (lane, said_at, id) WHERE processed_at IS NULL AND failed_at IS NULL",
    "CREATE INDEX idx_inbox_received ON inbox (received_at)",
    """
    CREATE TABLE conversations (
        contact    text PRIMARY KEY,
        memory     json NOT NULL,
        revision   bigint NOT NULL DEFAULT 1,
        updated_at timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX idx_conversations_updated ON conversations (updated_at)",
    """
    CREATE TABLE payments (
        provider_id    text PRIMARY KEY,
        reservation_id bigint REFERENCES reservations (id) ON DELETE CASCADE,
        status         text NOT NULL,
        status_detail  text NOT NULL DEFAULT '',
        amount         numeric(14, 2) NOT NULL,
        refunded       numeric(14, 2) NOT NULL DEFAULT 0,
        currency       text NOT NULL,
        was_approved   boolean NOT NULL DEFAULT false,
        standing       text NOT NULL
            CHECK (standing IN ('open', 'settled', 'insufficient', 'returned', 'refund_due', 'unmatched')),
        snapshot_at    timestamptz NOT NULL,
        created_at     timestamptz NOT NULL DEFAULT now(),
        updated_at     timestamptz NOT NULL DEFAULT now()
    )
    """,
    "CREATE INDEX idx_payments_reservation ON payments (reservation_id)",
    # Why a reservation was cancelled when nobody asked for it: its deposit went back. NULL: somebody asked.
    "ALTER TABLE reservations ADD COLUMN cancelled_because text CHECK (cancelled_because = 'deposit_returned')",
    "ALTER TABLE outbox ADD COLUMN inbox_id bigint REFERENCES inbox (id) ON DELETE SET NULL",
    "ALTER TABLE outbox ADD COLUMN provider_id text",
    "CREATE INDEX idx_outbox_inbox ON outbox (inbox_id)",
    "CREATE INDEX idx_outbox_created ON outbox (created_at)",
    "CREATE INDEX idx_outbox_recipient ON outbox (recipient, id) WHERE sent_at IS NULL AND failed_at IS NULL",
)

_DOWN = (
    "DROP INDEX idx_outbox_recipient",
    "DROP INDEX idx_outbox_created",
    "ALTER TABLE outbox DROP COLUMN provider_id",
    "ALTER TABLE outbox DROP COLUMN inbox_id",
    "ALTER TABLE reservations DROP COLUMN cancelled_because",
    "DROP TABLE payments",
    "DROP TABLE conversations",
    "DROP TABLE inbox",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
