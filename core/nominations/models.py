"""Table of votes. Deliberately without time and serial id: nothing in it tells who voted, or in which order."""

from sqlalchemy import LargeBinary, SmallInteger
from sqlalchemy.orm import Mapped, mapped_column

from core.database import OfWorkspace, Table


class Vote(OfWorkspace, Table):
    __tablename__ = "vote"

    ballot_id: Mapped[int] = mapped_column(primary_key=True)
    voter_tag: Mapped[bytes] = mapped_column(LargeBinary, primary_key=True)
    ordinal: Mapped[int] = mapped_column(SmallInteger, primary_key=True)
    choice: Mapped[int]
