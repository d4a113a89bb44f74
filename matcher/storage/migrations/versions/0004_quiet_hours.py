"""Quiet hours of one's own, and the waiting list."""

revision = "0004"
down_revision = "0003"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Quiet hours of one's own, and the waiting list."""
