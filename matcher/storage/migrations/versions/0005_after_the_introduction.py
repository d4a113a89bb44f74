"""Agreements, check-ins, meetings and hours after an introduction."""

revision = "0005"
down_revision = "0004"
branch_labels = None
depends_on = None


def upgrade() -> None:
    """Agreements, check-ins, meetings and hours after an introduction."""
