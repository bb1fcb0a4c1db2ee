"""Indexes that stay the planner's choice however much work is waiting.

History counts for almost all rows, so statistics say that nothing waits, and any partial index over what waits looks
as if it were empty: the planner walked through all of one, for each waiting row, instead of looking up the lane. The
predicates of the two look-up indexes are spelled in a way that only they match.
"""

from alembic import op

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None

_UP = (
    "DROP INDEX idx_inbox_lane",
    "CREATE INDEX idx_inbox_lane ON inbox (lane, said_at, id) WHERE coalesce(processed_at, failed_at) IS NULL",
    "DROP INDEX idx_outbox_recipient",
    "CREATE INDEX idx_outbox_recipient ON outbox (recipient, id) WHERE coalesce(sent_at, failed_at) IS NULL",
)

_DOWN = (
    "DROP INDEX idx_outbox_recipient",
    "CREATE INDEX idx_outbox_recipient ON outbox (recipient, id) WHERE sent_at IS NULL AND failed_at IS NULL",
    "DROP INDEX idx_inbox_lane",
    "CREATE INDEX idx_inbox_lane ON inbox (lane, said_at, id) WHERE processed_at IS NULL AND failed_at IS NULL",
)


def upgrade() -> None:
    for statement in _UP:
        op.execute(statement)


def downgrade() -> None:
    for statement in _DOWN:
        op.execute(statement)
