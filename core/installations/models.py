"""Table of installations."""

from datetime import datetime

from sqlalchemy import CheckConstraint, ForeignKeyConstraint, LargeBinary, Text, UniqueConstraint, func, text
from sqlalchemy.dialects.postgresql import ARRAY
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class SlackInstallation(OfWorkspace, Table):
    """A Slack team that installed us. Its token is sealed (`core.sealing`) and gone once it is revoked.

    `installed_by` is the Slack account of whoever clicked; it need not be a member.
    """

    __tablename__ = "slack_installation"
    __table_args__ = (
        ForeignKeyConstraint(["workspace_id"], ["workspace.id"]),
        UniqueConstraint("team_id"),
        CheckConstraint("team_id <> ''", name="team"),
        CheckConstraint("(revoked_at IS NULL) = (sealed_token IS NOT NULL)", name="token"),
    )

    team_id: Mapped[str] = mapped_column(Text, primary_key=True)
    enterprise_id: Mapped[str] = mapped_column(Text, server_default="")
    app_id: Mapped[str] = mapped_column(Text)
    bot_user_id: Mapped[str] = mapped_column(Text)
    bot_id: Mapped[str] = mapped_column(Text)
    scopes: Mapped[list[str]] = mapped_column(ARRAY(Text), server_default=text("'{}'"))
    sealed_token: Mapped[bytes | None] = mapped_column(LargeBinary)
    installed_by: Mapped[str] = mapped_column(Text, server_default="")
    installed_at: Mapped[datetime] = mapped_column(server_default=func.clock_timestamp())
    revoked_at: Mapped[datetime | None]
