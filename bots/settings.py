"""The only reader of the environment: every setting, its default, and when it is required."""

from pathlib import Path
from typing import Annotated, Literal
from urllib.parse import urlsplit
from zoneinfo import available_timezones

from pydantic import Field, SecretStr, ValidationError, field_validator
from pydantic_core import ErrorDetails
from pydantic_settings import BaseSettings, NoDecode, SettingsConfigDict

from bots import hooks

DEVELOPMENT_KEY = "plaudit-development-key-not-for-production"
SECRET_KEY_LENGTH_MIN = 32
APP_TOKEN = "xapp-"  # noqa: S105 - how such tokens begin
LOOPBACK = frozenset({"127.0.0.1", "::1", "localhost"})
Hosts = Annotated[tuple[str, ...], NoDecode]


class Settings(BaseSettings):
    """Read from `PLAUDIT_*`; descriptions are what `plaudit doctor` and the reference page show."""

    model_config = SettingsConfigDict(
        env_prefix="PLAUDIT_", extra="ignore", env_ignore_empty=False, hide_input_in_errors=True
    )

    database_url: SecretStr = Field(SecretStr(""), description="PostgreSQL 15 or newer; empty starts the embedded one")
    pg_bin: Path | None = Field(None, description="folder with initdb and postgres for the embedded database")
    host: str = Field("127.0.0.1", description="address to listen on")
    port: int = Field(3978, ge=0, le=65535, description="port to listen on; 0 picks a free one")
    mode: Literal["development", "production"] = Field(
        "development", description="production refuses weak or missing secrets"
    )
    secret_key: SecretStr = Field(
        SecretStr(DEVELOPMENT_KEY), description="signs button tokens, seals Slack's; at least 32 characters"
    )
    secret_key_previous: SecretStr = Field(
        SecretStr(""), description="the secret key before this one, until `plaudit slack reseal` has run"
    )
    public_url: str = Field("", description="https address under which people reach Plaudit")
    timezone: str = Field("Etc/UTC", description="IANA zone of a new workspace")
    schedule: Literal["on", "off"] = Field("on", description="off: this process leaves jobs and draws to others")
    functions: Path | None = Field(
        None, description="Python file with your own metrics, callbacks and queries, see the reference of badges"
    )

    events: Literal["on", "off"] = Field("on", description="off: this process takes no events, hooks answer 503")
    notifications: Literal["on", "off"] = Field("on", description="off: members get answers and cards, but no notices")
    hooks: SecretStr = Field(
        SecretStr(""),
        description="signed webhooks that bring events: name:secret or name@workspace:secret, comma separated",
    )
    amqp_url: SecretStr = Field(SecretStr(""), description="RabbitMQ that events come from; needs the extra amqp")
    amqp_exchange: str = Field("plaudit", min_length=1, max_length=200, description="topic exchange of events")
    amqp_queue: str = Field(
        "plaudit.events", min_length=1, max_length=200, description="quorum queue of events; one for each Plaudit"
    )
    amqp_keys: Hosts = Field(
        ("#",), description="routing keys that the queue is bound with, as topics, comma separated"
    )
    amqp_prefetch: int = Field(
        20, ge=1, le=1000, description="messages that a process holds without acknowledging them"
    )
    amqp_workspace: str = Field("", description="workspace that events of RabbitMQ are for; empty: the only one")

    teams_app_id: str = Field("", description="application (client) id of the Teams bot")
    teams_app_password: SecretStr = Field(SecretStr(""), description="client secret of the Teams bot")
    teams_app_type: Literal["SingleTenant", "MultiTenant"] = Field("SingleTenant", description="kind of Entra app")
    teams_tenant_ids: Hosts = Field((), description="Entra tenants that may use the bot, comma separated")
    teams_service_hosts: Hosts = Field(
        ("smba.trafficmanager.net",), description="hosts of the Bot Connector, comma separated"
    )
    teams_openid_metadata_url: str = Field(
        "https://login.botframework.com/v1/.well-known/openidconfiguration",
        description="where the Bot Connector's keys are",
    )
    teams_unsigned: bool = Field(False, description="accept unsigned activities; development on loopback only")

    teams_targeted: bool = Field(False, description="private answers in a channel as Microsoft's targeted messages")

    slack_signing_secret: SecretStr = Field(SecretStr(""), description="signs Slack's requests")
    slack_bot_token: SecretStr = Field(SecretStr(""), description="xoxb token of the only Slack workspace")
    slack_client_id: str = Field("", description="client id of the Slack app that several workspaces install")
    slack_client_secret: SecretStr = Field(SecretStr(""), description="client secret of that app")
    slack_app_token: SecretStr = Field(SecretStr(""), description="xapp token; Socket Mode in place of requests")
    slack_api_url: str = Field("https://slack.com/api/", description="Slack's Web API")

    telegram_bot_token: SecretStr = Field(SecretStr(""), description="token from @BotFather")
    telegram_secret: SecretStr = Field(SecretStr(""), description="secret_token of the webhook")
    telegram_api_url: str = Field("https://api.telegram.org", description="Telegram's Bot API")
    telegram_mode: Literal["webhook", "polling"] = Field("webhook", description="how updates arrive")

    smtp_host: str = Field("", description="mail server for notices to members who are in no chat")
    smtp_port: int = Field(587, ge=1, le=65535, description="465 speaks TLS from the start, others STARTTLS")
    smtp_user: str = Field("", description="name at the mail server; empty: it asks for none")
    smtp_password: SecretStr = Field(SecretStr(""), description="password at the mail server")
    smtp_from: str = Field("", description="sender of the letters, such as Plaudit <plaudit@example.com>")

    @field_validator("teams_tenant_ids", "teams_service_hosts", mode="before")
    @classmethod
    def _split(cls, value: object) -> object:
        if isinstance(value, str):
            return tuple(part.strip().lower() for part in value.split(",") if part.strip())
        return value

    @field_validator("amqp_keys", mode="before")
    @classmethod
    def _keys(cls, value: object) -> object:
        """Routing keys are told apart by case."""
        if isinstance(value, str):
            return tuple(part.strip() for part in value.split(",") if part.strip())
        return value

    @field_validator("functions", mode="before")
    @classmethod
    def _file(cls, value: object) -> object:
        return None if value == "" else value

    @field_validator("timezone")
    @classmethod
    def _zone(cls, value: str) -> str:
        if value not in available_timezones():
            raise ValueError("is not an IANA time zone; write one like Europe/Madrid")
        return value

    @property
    def teams_configured(self) -> bool:
        return bool(
            self.teams_app_id
            or self.teams_app_password.get_secret_value()
            or self.teams_tenant_ids
            or self.teams_unsigned
        )

    @property
    def slack_configured(self) -> bool:
        secrets = (self.slack_signing_secret, self.slack_bot_token, self.slack_app_token)
        return self.slack_is_installed_by_many or any(secret.get_secret_value() for secret in secrets)

    @property
    def slack_is_installed_by_many(self) -> bool:
        """Each Slack workspace has a token of its own, got by OAuth; else there is one workspace and one token."""
        return bool(self.slack_client_id or self.slack_client_secret.get_secret_value())

    @property
    def slack_uses_socket(self) -> bool:
        return bool(self.slack_app_token.get_secret_value())

    @property
    def telegram_configured(self) -> bool:
        return bool(self.telegram_bot_token.get_secret_value() or self.telegram_secret.get_secret_value())

    @property
    def is_loopback(self) -> bool:
        return self.host in LOOPBACK

    def faults(self) -> list[str]:
        """What keeps this configuration from starting, one sentence each; names settings, never their values."""
        return [*self._missing(), *self._unsafe(), *self._contradictory()]

    def _missing(self) -> list[str]:
        required = {
            "PLAUDIT_SECRET_KEY": (self.mode == "production", self.secret_key),
            "PLAUDIT_TEAMS_APP_ID": (self.teams_configured, SecretStr(self.teams_app_id)),
            "PLAUDIT_TEAMS_APP_PASSWORD": (self.teams_configured and not self.teams_unsigned, self.teams_app_password),
            "PLAUDIT_TEAMS_TENANT_IDS": (self.teams_configured, SecretStr(",".join(self.teams_tenant_ids))),
            "PLAUDIT_TEAMS_SERVICE_HOSTS": (self.teams_configured, SecretStr(",".join(self.teams_service_hosts))),
            "PLAUDIT_PUBLIC_URL": (self.slack_is_installed_by_many, SecretStr(self.public_url)),
            "PLAUDIT_SLACK_SIGNING_SECRET": (
                self.slack_configured and not self.slack_uses_socket,
                self.slack_signing_secret,
            ),
            "PLAUDIT_SLACK_BOT_TOKEN": (
                self.slack_configured and not self.slack_is_installed_by_many,
                self.slack_bot_token,
            ),
            "PLAUDIT_SLACK_CLIENT_ID": (self.slack_is_installed_by_many, SecretStr(self.slack_client_id)),
            "PLAUDIT_SLACK_CLIENT_SECRET": (self.slack_is_installed_by_many, self.slack_client_secret),
            "PLAUDIT_TELEGRAM_BOT_TOKEN": (self.telegram_configured, self.telegram_bot_token),
            "PLAUDIT_TELEGRAM_SECRET": (
                self.telegram_configured and self.telegram_mode == "webhook",
                self.telegram_secret,
            ),
            "PLAUDIT_SMTP_HOST": (bool(self.smtp_user or self.smtp_from), SecretStr(self.smtp_host)),
            "PLAUDIT_SMTP_FROM": (bool(self.smtp_host), SecretStr(self.smtp_from)),
            "PLAUDIT_SMTP_PASSWORD": (bool(self.smtp_user), self.smtp_password),
        }
        return [
            f"{name} is missing or empty: {REMEDIES[name]}"
            for name, (needed, secret) in required.items()
            if needed and not secret.get_secret_value().strip()
        ]

    def _unsafe(self) -> list[str]:
        faults = []
        key = self.secret_key.get_secret_value()
        if self.mode == "production" and key and (key == DEVELOPMENT_KEY or len(key) < SECRET_KEY_LENGTH_MIN):
            faults.append(
                "PLAUDIT_SECRET_KEY is the default or shorter than 32 characters: make one with `openssl rand -hex 32`"
            )
        if self.teams_unsigned and self.mode == "production":
            faults.append("PLAUDIT_TEAMS_UNSIGNED is for development: unset it in production")
        if self.teams_unsigned and not self.is_loopback:
            faults.append(
                "PLAUDIT_TEAMS_UNSIGNED needs PLAUDIT_HOST on loopback: set PLAUDIT_HOST=127.0.0.1 or unset it"
            )
        return faults

    def _contradictory(self) -> list[str]:
        faults = [*hooks.read(self.hooks.get_secret_value()).faults]
        broker = self.amqp_url.get_secret_value().strip()
        if broker and not broker.startswith(("amqp://", "amqps://")):
            faults.append("PLAUDIT_AMQP_URL is not understood: write amqp://user:password@host:5672/virtual-host")
        if broker and not self.amqp_keys:
            faults.append("PLAUDIT_AMQP_KEYS names no key: unset it, or write topics such as orders.#")
        if self.public_url.strip() and not _is_web_address(self.public_url):
            faults.append("PLAUDIT_PUBLIC_URL is no https address: write one like https://plaudit.example.com")
        if self.slack_is_installed_by_many and self.slack_bot_token.get_secret_value():
            faults.append(
                "PLAUDIT_SLACK_BOT_TOKEN is for one workspace, PLAUDIT_SLACK_CLIENT_ID for several: unset one of the two"
            )
        token = self.slack_app_token.get_secret_value()
        if token and not token.startswith(APP_TOKEN):
            faults.append(f"PLAUDIT_SLACK_APP_TOKEN is not an app-level token: {REMEDIES['PLAUDIT_SLACK_APP_TOKEN']}")
        return faults


class Misconfigured(Exception):
    """The process must not start; `faults` are sentences for the operator."""

    def __init__(self, faults: list[str]) -> None:
        super().__init__("\n".join(faults))
        self.faults = faults


def read() -> Settings:
    """What is set, whether or not it is enough to start with. Raises Misconfigured for a value that cannot be read."""
    try:
        return Settings()
    except ValidationError as error:
        raise Misconfigured([_sentence(fault) for fault in error.errors(include_input=False)]) from None


def load() -> Settings:
    """Settings with which the process may start. Raises Misconfigured naming every fault at once."""
    settings = read()
    if faults := settings.faults():
        raise Misconfigured(faults)
    return settings


def _is_web_address(url: str) -> bool:
    """https with a host and at most a path; http is for this machine only."""
    try:
        parts = urlsplit(url)
        host = parts.hostname or ""
    except ValueError:
        return False
    is_safe = parts.scheme == "https" or (parts.scheme == "http" and host in LOOPBACK)
    return is_safe and bool(host) and not (parts.query or parts.fragment or "@" in parts.netloc or " " in url)


def _sentence(fault: ErrorDetails) -> str:
    return f"PLAUDIT_{str(fault['loc'][0]).upper()}: {fault['msg']}" if fault["loc"] else fault["msg"]


REMEDIES = {
    "PLAUDIT_PUBLIC_URL": "write the https address that leads to PLAUDIT_PORT",
    "PLAUDIT_SECRET_KEY": "make one with `openssl rand -hex 32`",
    "PLAUDIT_TEAMS_APP_ID": "copy the Application (client) id of the bot's app registration",
    "PLAUDIT_TEAMS_APP_PASSWORD": "create a client secret in the bot's app registration",
    "PLAUDIT_TEAMS_TENANT_IDS": "name the Directory (tenant) ids that may use the bot",
    "PLAUDIT_TEAMS_SERVICE_HOSTS": "unset it to use Microsoft's own host",
    "PLAUDIT_SLACK_SIGNING_SECRET": "copy it from the Slack app's Basic Information page",
    "PLAUDIT_SLACK_BOT_TOKEN": "install the Slack app and copy its xoxb- token",
    "PLAUDIT_SLACK_CLIENT_ID": "copy it from the Slack app's Basic Information page",
    "PLAUDIT_SLACK_CLIENT_SECRET": "copy it from the Slack app's Basic Information page",
    "PLAUDIT_SLACK_APP_TOKEN": "make one with the scope connections:write on the Slack app's Basic Information page; it begins with xapp-",
    "PLAUDIT_SMTP_HOST": "name the mail server that takes the letters",
    "PLAUDIT_SMTP_FROM": "write the sender of the letters, such as Plaudit <plaudit@example.com>",
    "PLAUDIT_SMTP_PASSWORD": "give the password of PLAUDIT_SMTP_USER, or unset both",
    "PLAUDIT_TELEGRAM_BOT_TOKEN": "ask @BotFather for one",
    "PLAUDIT_TELEGRAM_SECRET": "make one with `openssl rand -hex 32` and give it to setWebhook, or set PLAUDIT_TELEGRAM_MODE=polling",
}
