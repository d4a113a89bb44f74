"""Seats in groups and questions between the sides."""

revision = "0002"
down_revision = "0001"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Seats in groups and questions between the sides."""
