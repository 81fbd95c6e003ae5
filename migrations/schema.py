"""Every table that migrations know of, gathered from the features."""

import core.activities.models
import core.badges.models
import core.digests.models
import core.drafts
import core.draws.models
import core.events.models
import core.identity.models
import core.inbox
import core.installations.models
import core.journeys.models
import core.kudos.models
import core.leaderboards.models
import core.nominations.models
import core.outbox
import core.people.models
import core.points.models
import core.rules.models
import core.schedule.models
import core.tokens  # noqa: F401
from core.database import Table

metadata = Table.metadata
