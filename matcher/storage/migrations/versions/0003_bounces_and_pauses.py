"""Bounces, complaints, and pauses of all mail."""

revision = "0003"
down_revision = "0002"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Bounces, complaints, and pauses of all mail."""
