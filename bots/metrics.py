"""What the process counts of itself. No label ever holds a person, a workspace or a conversation."""

from prometheus_client import CollectorRegistry, Counter, Gauge, Histogram


class Metrics:
    def __init__(self) -> None:
        self.registry = CollectorRegistry()
        self.deliveries = Counter(
            "plaudit_deliveries",
            "Deliveries of the platforms, by what became of them.",
            ["platform", "outcome"],
            registry=self.registry,
        )
        self.answer_seconds = Histogram(
            "plaudit_answer_seconds", "Time to work on a delivery.", ["platform"], registry=self.registry
        )
        self.messages = Counter(
            "plaudit_messages",
            "Messages to the platforms, by what became of them.",
            ["platform", "outcome"],
            registry=self.registry,
        )
        self.outbox = Gauge(
            "plaudit_outbox_messages", "Messages not yet dealt with.", ["state"], registry=self.registry
        )
        self.inbox = Gauge(
            "plaudit_inbox_deliveries", "Deliveries not yet dealt with.", ["state"], registry=self.registry
        )
        self.events = Gauge(
            "plaudit_events_waiting", "Events that could not be taken so far.", ["state"], registry=self.registry
        )
